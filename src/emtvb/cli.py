"""The ``emtvb`` command: explain tasks, check configs, train and interpret one network outside the workflow."""

from __future__ import annotations

import json
import math
import os
import random
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from emtvb import __version__, config, networks, sweep, tasks
from emtvb.errors import InputError
from emtvb.files import check_writable, write_text
from emtvb.networks import Network
from emtvb.results import find_run
from emtvb.running import imported, memory
from emtvb.tasks import Task

if TYPE_CHECKING:
    from emtvb.architectures.lstm import LSTM
    from emtvb.architectures.s4 import S4
    from emtvb.figures.edits import EditShown
    from emtvb.interpret.interventions import Edit
    from emtvb.interpret.measure import Measurement, MeasureSettings
    from emtvb.interpret.memories import VariableMemories
    from emtvb.own.adapting import Adapted
    from emtvb.page.content import Shown
    from emtvb.runs import Run

console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
PAPER = tasks.PAPER_SIZE


def main() -> None:
    """Run the command; what is wrong with its input is one line and exit status 2."""
    os.environ.pop("MPLBACKEND", None)  # a notebook's, which may not be there; figures are drawn into files
    try:
        imported.check_bytecode()
        commands(standalone_mode=False)
    except InputError as error:
        _fail(str(error))
    except click.UsageError as error:
        command = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        _fail(" ".join(error.format_message().split()) + command)
    except click.ClickException as error:
        _fail(error.format_message())
    except OSError as error:
        _fail(f"{error}; mend that and run again: what was computed stands")
    except (MemoryError, RuntimeError) as error:
        from emtvb.running.jobs import is_out_of_memory

        if not is_out_of_memory(error):
            raise
        _fail(f"out of memory ({error}); choose smaller sizes, or a machine with more")
    except (click.Abort, KeyboardInterrupt):
        goes_on = "the same command goes on from the last checkpoint"
        _fail(f"interrupted; {goes_on if sys.argv[1:2] == ['train'] else 'the same command begins anew'}", 130)


def _fail(message: str, status: int = 2) -> None:
    click.echo(f"error: {message}", err=True)
    sys.exit(status)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, invoke_without_command=True
)
@click.version_option(__version__, prog_name="emtvb")
@click.pass_context
def commands(context: click.Context) -> None:
    """Variable binding in recurrent networks: train them, read their variable memories."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


_d_option = click.option("--dimensions", "d", type=int, default=PAPER[0], show_default=True, help="d: vector elements.")
_s_option = click.option("--variables", "s", type=int, default=PAPER[1], show_default=True, help="s: stored vectors.")


@commands.command("tasks")
@click.argument("task", required=False)
@_d_option
@_s_option
def list_tasks(task: str | None, d: int, s: int) -> None:
    """List the paper's tasks, or explain one: a name or an id written a-b-c."""
    tasks.check_size(d, s)
    if task is not None:
        _explain(_parse_task(task, d, s))
        return
    table = Table("task", "id", "composition: (variable, dimension, sign) of each output dimension")
    for name in tasks.NAMED:
        try:
            found = tasks.named(name, d, s)
            table.add_row(
                name, found.label, " ".join(f"({v},{k},{'+' if g > 0 else '-'})" for v, k, g in found.composition)
            )
        except InputError as error:
            table.add_row(name, "-", error.remedy)
    console.print(table)
    console.print("Variable 1 is the oldest of the last s vectors. `emtvb tasks TASK` explains one.")


def _explain(task: Task) -> None:
    console.print(f"{task.name}: id {task.label}, d = {task.d} dimensions, s = {task.s} variables")
    console.print(task.describe())
    observable, persistent = int(task.observable().sum()), int(task.persistent().sum())
    console.print(
        f"Phi is {task.s * task.d} x {task.s * task.d}; {persistent} of its eigenvalues have modulus 1, the others are "
        f"0; {observable} stacked elements are ever read again."
    )
    console.print(f"composition: {json.dumps([list(row) for row in task.composition])}")


@commands.command()
@click.option("--task", required=True, help="T1 to T4, repeat-copy, compose-copy, or an id written a-b-c.")
@click.option("--hidden", type=int, default=128, show_default=True, help="Neurons.")
@click.option("--l2", type=float, default=0.0, show_default=True, help="L2 penalty.")
@click.option("--threshold", type=float, default=0.98, show_default=True, help="Accuracy that moves the horizon up.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of initial weights and batches.")
@_d_option
@_s_option
@click.option("--trainer", default="auto", show_default=True, help="auto, compiled, torch, cuda or reference.")
@click.option("--epochs", type=int, help="Epochs [default: the paper's 10].")
@click.option("--batches-per-epoch", type=int, help="Batches in an epoch [default: the paper's 2000].")
@click.option("--batch-size", type=int, help="Sequences in a batch [default: the paper's 64].")
@click.option("--curriculum", help="Horizons, such as 10,20,40 [default: the paper's 10,20,40,60,100].")
@click.option("--output", type=click.Path(path_type=Path), help="Its folder [default: under the results root].")
def train(
    task: str, hidden: int, l2: float, threshold: float, seed: int, d: int, s: int, curriculum: str | None,
    trainer: str, output: Path | None, **protocol: int | None,
) -> None:  # fmt: skip
    """Train one network by the paper's protocol; the same command goes on where it was interrupted."""
    training: dict[str, Any] = {key: value for key, value in protocol.items() if value is not None}
    if curriculum is not None:
        training["curriculum"] = _parse_horizons(curriculum)
    tasks.check_size(d, s)
    found = _parse_task(task, d, s)
    settings = {
        "experiment": "one",
        "dimensions": d,
        "variables": s,
        "tasks": [found.name if found.name in tasks.NAMED else {"name": found.name, "id": found.task_id}],
        "hidden_dim": [hidden],
        "l2": [l2],
        "threshold": [threshold],
        "seeds": [seed],
        "seeds_per_shard": 1,
        "trainer": trainer,
        "training": training,
    }
    run_id = config.check(settings, "emtvb train").runs()[0].run_id
    experiment = config.check({**settings, "experiment": run_id}, "emtvb train")
    memory.check(experiment, "emtvb train")
    folder = check_writable(output or config.results_root() / run_id)
    _check_is_free(folder, run_id)
    _train(experiment, folder)
    console.print(f"{folder}: trained; `emtvb interpret {folder}` reads its variables")


def _check_is_free(folder: Path, run_id: str) -> None:
    """Raise InputError if the folder holds another experiment."""
    if (folder / "runs.csv").exists():
        found = find_run(str(folder), folder).run.run_id
        if found != run_id:
            raise InputError("--output", str(folder), f"holds {found}; choose another folder")


def _train(experiment: config.Experiment, folder: Path) -> None:
    from emtvb.running import provenance, recipes
    from emtvb.running.jobs import show_progress
    from emtvb.training.shard import Outputs, train_shard

    ((shard, runs),) = experiment.shards().items()
    version = recipes.training_version(recipes.of_training(experiment.trainer))
    sweep.write_run_table(folder / "runs.csv", {shard: runs})
    write_text(folder / "settings.json", config.dump(experiment))
    show_progress()
    train_shard(runs, Outputs.of(folder, shard), version, experiment.trainer, provenance.environment())


_task_option = click.option("--task", help="Of a file of weights: what it was trained on, as for `emtvb train`.")
_nonlinearity_option = click.option(
    "--nonlinearity",
    type=click.Choice(["tanh", "relu"]),
    default="tanh",
    show_default=True,
    help="Of a file of weights of an RNN.",
)
_output_option = click.option(
    "--output", type=click.Path(path_type=Path), help="Where to [default: beside the run's experiment, or the file]."
)


@dataclass(frozen=True)
class _Subject:
    """A network that a user names.

    Attributes:
        run: Its settings; of a file of weights, what can be known of them.
        network: Its weights, or another kind of network as a system: of the workflow, or from a file.
        settings: How it is measured.
        folder: Where what is made goes.
    """

    run: Run
    network: Network | LSTM | S4 | Adapted
    settings: MeasureSettings
    folder: Path


def _find(run: str, task: str | None, d: int, s: int, nonlinearity: str, output: Path | None) -> _Subject:
    """A run among results, or a file of weights.

    Raises:
        InputError: Where it is neither, or the task does not go with it.
    """
    from emtvb.interpret.measure import MeasureSettings
    from emtvb.own import files

    if not files.is_file(run):
        if task is not None:
            raise InputError("--task", task, f"{run} is no file of weights, and a run has its own task; leave it out")
        found = find_run(run, config.results_root())
        settings = MeasureSettings(**found.experiment.interpretation.model_dump())
        folder = output or found.folder / "interpretation" / found.run.run_id
        return _Subject(found.run, found.network(), settings, folder)
    if task is None:
        raise InputError("--task", "not given", f"say what the network of {run} was trained on, such as --task T3")
    tasks.check_size(d, s)
    given = _parse_task(task, d, s)
    name, network = files.load(run, nonlinearity)
    file = Path(run) if Path(run).is_file() else Path(run).parent
    folder = output or file.parent / f"{file.name.split('.')[0]}-interpretation" / name
    if isinstance(network, Network):
        networks.check_task(network, given, str(run))
        hidden = network.hidden_dim
    else:
        hidden = network.state_dim
        files.check_task(network, given, str(run))
    nan = float("nan")
    return _Subject(files.GivenRun(given, hidden, nan, nan, 0, name=name), network, MeasureSettings(), folder)


@commands.command()
@click.argument("run")
@_task_option
@_d_option
@_s_option
@_nonlinearity_option
@_output_option
def interpret(run: str, task: str | None, d: int, s: int, nonlinearity: str, output: Path | None) -> None:
    """Measure a trained network and draw what it learned.

    RUN is a folder of `emtvb train`, a run id (`emtvb networks` lists them), or a file of weights of your own, with
    --task: three arrays W_in, W_rec, W_out or the like, or torch's state dict of an RNN, GRU or LSTM and a linear
    readout (.safetensors, .npz, .pt).
    """
    found = _find(run, task, d, s, nonlinearity, output)
    folder = check_writable(found.folder)
    if isinstance(found.network, Network):
        _interpret_network(found.run, found.network, found.settings, folder)
    else:
        _interpret_system(found.run, found.network, found.settings, folder)
    for path in sorted(folder.iterdir()):
        console.print(str(path))


def _interpret_network(run: Run, network: Network, settings: MeasureSettings, folder: Path) -> None:
    """Of the paper's kind: all that the workflow measures and draws."""
    from emtvb.figures import data, edits, hidden_state, save, spectrum, weights
    from emtvb.interpret import exemplar
    from emtvb.interpret.measure import measure
    from emtvb.tables import write_csv

    measurement = measure(run, network, settings)
    exemplar.save(folder / "exemplar.npz", exemplar.look(run, network, measurement.row(), settings.modulus))
    write_csv(folder / "measurements.csv", _as_frame(measurement.row()))
    look = data.load_exemplar(folder / "exemplar.npz")
    save.save(spectrum.draw([look]), spectrum.numbers([look]), folder / "spectrum")
    save.save(weights.draw([look]), weights.numbers([look]), folder / "weights")
    save.save(hidden_state.draw(look), hidden_state.numbers(look), folder / "hidden_state")
    save.save(edits.draw(edits.edits_of(look)), edits.numbers(edits.edits_of(look)), folder / "edits")
    _print_measurement(measurement)


def _interpret_system(run: Run, system: LSTM | S4 | Adapted, settings: MeasureSettings, folder: Path) -> None:
    """Of another kind: what the workflow measures and draws of other architectures."""
    from emtvb.architectures.runs import ArchitectureRun
    from emtvb.figures import architectures, edits, save
    from emtvb.interpret import architectures as of_architectures
    from emtvb.interpret import exemplar
    from emtvb.interpret.extraction import by_data
    from emtvb.own.adapting import Adapted
    from emtvb.own.dynamics import interpret as measure
    from emtvb.tables import write_csv

    if isinstance(system, Adapted):
        measurement, arrays = measure(run, system, settings)
    else:
        assert isinstance(run, ArchitectureRun)
        measurement, arrays = of_architectures.interpret(run, system, settings)
    write_csv(folder / "measurements.csv", _as_frame(vars(measurement)))
    exemplar.save(folder / "look.npz", arrays)
    look = architectures.load(folder / "look.npz")
    save.save(architectures.draw([look]), architectures.numbers([look]), folder / "dynamics")
    memories = by_data(system, run.task)
    shown = [
        _edit_shown(run, one.name, one.edit, memories, one.basis, one.past)
        for one in exemplar.example_edits(system, run.task, memories)
    ]
    save.save(edits.draw(shown), edits.numbers(shown), folder / "edits")
    table = Table("measurement", "value", title=f"{measurement.run_id}: {measurement.verdict}", title_justify="left")
    for name, value in vars(measurement).items():
        if not isinstance(value, str):
            table.add_row(name.replace("_", " "), f"{value:.4g}")
    console.print(table)


def _edit_shown(run: Run, name: str, edit: Edit, memories: VariableMemories, basis: str, past: Any) -> EditShown:
    from emtvb.figures.edits import EditShown

    return EditShown(run.run_id, run.task.name, name, kept=memories.kept, basis=basis, past=past, **vars(edit))


def _as_frame(row: Mapping[str, object]) -> Any:
    import pandas as pd

    return pd.DataFrame([row])


def _print_measurement(found: Measurement) -> None:
    error = f"{found.spectral_error:.5f}"
    if math.isnan(found.spectral_error):
        same = found.phi_eigenvalues == found.network_eigenvalues
        error = "not defined (by rounding)" if same else "not defined (counts differ)"
    table = Table("measurement", "value", title=f"{found.run_id}: {found.verdict}", title_justify="left")
    table.add_row("test accuracy", f"{found.test_accuracy:.4f}")
    table.add_row("long-term eigenvalues", f"{found.network_eigenvalues} (Phi has {found.phi_eigenvalues})")
    table.add_row("spectral error, as published (rad)", error)
    table.add_row("spectral error, optimal (rad)", f"{found.optimal_spectral_error:.5f}")
    table.add_row("matched pairs alone (rad)", f"{found.matched_spectral_error:.5f}, {found.matched_eigenvalues} pairs")
    table.add_row("sequences exact without an edit", f"{found.unedited_success:.3f}")
    ignored = found.unobservable_edit_ignored
    table.add_row("unobservable edits without effect", "-" if math.isnan(ignored) else f"{ignored:.3f}")
    console.print(table)
    bases = Table("variable memories", "by data", "the paper's", "realised", title_justify="left")
    for name, measure in _BASIS_ROWS.items():
        bases.add_row(name, *(f"{getattr(found.bases[method], measure):.4g}" for method in BASES))
    console.print(bases)


@commands.command("networks")
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path), metavar="[FOLDER]...")
@click.option("--task", multiple=True, help="T1 to T4, or a config's own name. This and the next: also more than once.")
@click.option("--hidden", "hidden_dim", type=int, multiple=True, help="Neurons; units of an LSTM, channels of S4.")
@click.option("--l2", type=float, multiple=True, help="L2 penalty.")
@click.option("--threshold", type=float, multiple=True, help="Accuracy that moves the horizon up.")
@click.option("--seed", type=int, multiple=True, help="Of initial weights and batches.")
@click.option("--twin", type=int, multiple=True, help="0: no rounding twin.")
@click.option("--architecture", multiple=True, help="rnn, lstm or s4.")
@click.option("--verdict", help="A part of it, such as 'without it' or 'linearly stored'.")
@click.option("--solved/--unsolved", default=None, help="Test accuracy of at least 0.99, or below.")
@click.option("--weights", is_flag=True, help="Only those whose weights are here, which interpret and edit open.")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV, with more columns.")
def list_networks(
    folders: tuple[Path, ...], verdict: str | None, solved: bool | None, weights: bool, as_csv: bool, **wanted: Any
) -> None:
    """List trained networks: what they were trained on, and what was measured of them.

    Of all experiments under the results root, or of these FOLDERs. `emtvb interpret RUN_ID` opens one.
    """
    from emtvb import catalogue

    for folder in folders:
        if not (folder / "runs.csv").is_file():
            raise InputError(
                "results", str(folder), "holds no experiment (no runs.csv); name one, such as results/paper"
            )
    found = catalogue.networks(folders or catalogue.experiments(config.results_root()))
    if found.empty:
        raise InputError(
            "results", str(config.results_root()), "no experiment there; run the workflow or `emtvb train`"
        )
    chosen = catalogue.choose(found, wanted, verdict, solved, weights)
    if as_csv:
        click.echo(chosen.to_csv(index=False, lineterminator="\n"), nl=False)
    else:
        _print_networks(chosen, found["experiment"].nunique() > 1)


def _print_networks(chosen: Any, several: bool) -> None:
    """A line a network, never broken, and how many they are."""
    from emtvb.interpret.verdict import ACCURATE

    lines = [("run id", *(["experiment"] if several else []), "accuracy", "modes", "worst", "weights", "verdict")]
    for row in chosen.itertuples(index=False):
        known = isinstance(row.verdict, str)
        lines.append((
            row.run_id,
            *([row.experiment] if several else []),
            f"{row.test_accuracy:.4f}" if known else "-",
            f"{row.network_eigenvalues:.0f}/{row.phi_eigenvalues:.0f}" if known else "-",
            "-" if math.isnan(row.data_worst_decoding_accuracy) else f"{row.data_worst_decoding_accuracy:.4f}",
            "here" if row.weights else "-",
            row.verdict if known else "not measured",
        ))  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        console.print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    solved, here = int((chosen["test_accuracy"] >= ACCURATE).sum()), int(chosen["weights"].sum())
    console.print(f"{len(chosen)} networks; {solved} solve their task; the weights of {here} are here")


BASES = ("data", "power", "realisation")
BASIS_NAMES = {"data": "by data", "power": "the paper's", "realisation": "realised"}
_BASIS_ROWS = {
    "elements read right": "decoding_accuracy",
    "of the worst element": "worst_decoding_accuracy",
    "edits obeyed": "edit_success",
    "random steps obeyed (must be 0)": "random_edit_success",
    "state variance in their span": "explained_variance",
    "decoded map's distance from Phi": "decoded_map_error",
    "W_hh's distance from Phi": "map_error",
    "the same but for the gain": "shape_error",
    "gain of W_hh": "gain",
    "condition": "condition",
}


@commands.command()
@click.argument("run")
@click.option("--at", "time", type=int, help="Output steps before the edit; 0: after the last input.")
@click.option("--variable", type=int, help="What to edit: 1 (oldest) to s (newest).")
@click.option("--flip", "dimension", type=int, help="Negate this dimension of it, counted from 0.")
@click.option("--set", "values", help="Store these values in it, such as +-+--+++.")
@click.option("--swap", "other", type=int, help="Exchange it with this variable.")
@click.option(
    "--basis", type=click.Choice(BASES), default=BASES[0], show_default=True, help="Memories to edit through."
)
@click.option("--page", is_flag=True, help="Make a page on which one edits it while it runs, in a browser.")
@_task_option
@_d_option
@_s_option
@_nonlinearity_option
@_output_option
def edit(
    run: str, time: int | None, variable: int | None, dimension: int | None, values: str | None, other: int | None,
    basis: str, page: bool, task: str | None, d: int, s: int, nonlinearity: str, output: Path | None,
) -> None:  # fmt: skip
    """Change what a trained network stores while it repeats the picture 3-1-5, and see what it then does.

    RUN is a folder of `emtvb train`, a run id, or a file of weights of your own, with --task (see emtvb interpret).
    With --page no edit need be given, and RUN may also be results/<experiment>, for the networks that its workflow
    chose; an edit that is given is what the page opens with.
    """
    ways = {"--flip": dimension, "--set": values, "--swap": other}
    given = [name for name, value in ways.items() if value is not None]
    if page and not given and time is None and variable is None:
        chosen = Path(run) / "measurements" / "page.npz"
        if chosen.is_file():
            from emtvb.page import content

            _write_page(content.load(chosen), output or Path(run) / "interpretation", basis)
        else:
            subject = _find(run, task, d, s, nonlinearity, output)
            _write_page([_shown(subject, run)], subject.folder, basis)
        return
    if len(given) != 1:
        raise InputError("edit", " ".join(given) or "nothing", f"give one of {', '.join(ways)}")
    for name, value in (("--at", time), ("--variable", variable)):
        if value is None:
            raise click.UsageError(f"Missing option '{name}'.")
    assert time is not None
    assert variable is not None
    if time < 0:
        raise InputError("--at", time, "give output steps, 0 or more")
    found = _find(run, task, d, s, nonlinearity, output)
    network, bound = found.network, found.run.task
    state_dim = network.hidden_dim if isinstance(network, Network) else network.state_dim
    memory.check_recording(time, bound.d, bound.s, state_dim)
    on_page = _shown(found, run) if page else None

    from emtvb.figures import edits, save
    from emtvb.interpret import interventions
    from emtvb.interpret.exemplar import before, picture
    from emtvb.interpret.recording import record
    from emtvb.interpret.systems import Elman

    def change(m: Any) -> Any:
        if dimension is not None:
            return interventions.flip(bound, m, variable, dimension)
        if other is not None:
            return interventions.swap(bound, m, variable, other)
        return interventions.put(bound, m, variable, _parse_signs(values or ""))

    memories = _memories(run, network, bound, basis, found.settings.modulus)
    if not memories.fits:
        needed = f"{int(memories.kept.sum())} elements to store"
        raise InputError("run", run, f"{state_dim} neurons for {needed}: there can be no basis; train a larger")
    system = Elman(network) if isinstance(network, Network) else network
    recording = record(system, bound, picture(bound.s, bound.d)[:, None, :], time)
    done = interventions.edit(system, bound, memories, recording, time, change)
    if not (done.before != done.after)[memories.kept].any():
        raise InputError("edit", f"variable {variable}", "changes no element that a later output depends on")
    folder = check_writable(found.folder)
    words = {"--flip": f"flip dimension {dimension} of", "--set": "set", "--swap": f"swap variable {other} and"}
    name = f"{words[given[0]]} variable {variable}"
    shown = _edit_shown(found.run, name, done, memories, BASIS_NAMES[basis], before(recording, time))
    made = save.save(edits.draw([shown]), edits.numbers([shown]), folder / "edit")
    _print_edit(shown, 2 * bound.s)
    for path in made:
        console.print(str(path))
    if on_page is not None:
        text = {"--flip": f"flip:{variable}.{dimension}", "--set": f"set:{variable}:{values}"}
        asked = text.get(given[0], f"swap:{variable}:{other}")
        _write_page([on_page], folder, basis, edit=f"{time}:{asked}", step=str(time + interventions.FUTURE))


def _shown(found: _Subject, run: str) -> Shown:
    """A network as the page holds it."""
    from emtvb.page.showing import show

    if not isinstance(found.network, Network):
        remedy = "a browser runs networks of the paper's kind; emtvb.view shows any other in a notebook"
        raise InputError("--page", run, remedy)
    return show(found.run, found.network)


def _write_page(shown: Sequence[Shown], folder: Path, basis: str, **first: str) -> None:
    """The page of these networks, and where it lies."""
    from emtvb.page.document import document

    if basis not in shown[0].bases:
        raise InputError("--basis", basis, f"the page has {' and '.join(shown[0].bases)}")
    path = check_writable(folder) / "edit.html"
    write_text(path, document(shown, {"basis": basis, **first}))
    console.print(f"{path}: a page to open in a browser")


def _memories(
    run: str, network: Network | LSTM | S4 | Adapted, task: Task, basis: str, modulus: float
) -> VariableMemories:
    """The variable memories that a user chose to edit through."""
    from emtvb.interpret.extraction import by_data
    from emtvb.interpret.measure import extract

    if not isinstance(network, Network):
        if basis != BASES[0]:
            raise InputError("--basis", basis, "it is for the paper's network; leave it out")
        return by_data(network, task)
    if not network.is_finite():
        raise InputError("run", run, "its training diverged and left no network; choose another")
    return extract(network, task, modulus)[basis]


def _print_edit(shown: EditShown, steps: int) -> None:
    """What the network did, step by step at first, and in all."""
    table = Table("output step", "network", "theory", "theory unedited", title=f"{shown.run_id}: {shown.name}")
    wrong = [bool(vector.any()) for vector in shown.wrong()]
    changed = [bool(vector.any()) for vector in shown.expected != shown.unedited]
    for step in range(min(steps, len(shown.outputs))):
        vectors = shown.outputs[step], shown.expected[step], shown.unedited[step]
        words = ["".join("+" if value >= 0 else "-" for value in vector) for vector in vectors]
        marks = " wrong" * wrong[step], "", " differs" * changed[step]
        table.add_row(str(shown.time + 1 + step), *(word + mark for word, mark in zip(words, marks, strict=True)))
    console.print(table)
    console.print(
        f"{wrong.count(False)} of {len(wrong)} output vectors are the theory's for the edited variables; "
        f"the theory's differ {sum(changed)} times from those without the edit"
    )


def _parse_signs(text: str) -> list[int]:
    if set(text) - {"+", "-"}:
        raise InputError("--set", text, "write one + or - for each dimension, such as +-+--+++")
    return [1 if sign == "+" else -1 for sign in text]


@commands.group("config")
def config_group() -> None:
    """Config files of experiments."""


@config_group.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path())
@click.option("--measured", is_flag=True, help="And that all is there that its tables and figures are made from.")
def check_config(files: tuple[str, ...], measured: bool) -> None:
    """Check config files, and say what they state: whether they state an experiment, and one that fits this machine."""
    for file in files:
        experiment = config.load(file)
        runs, shards = experiment.runs(), experiment.shards()
        if measured:
            _check_measured(experiment, file)
        else:
            memory.check(experiment, file)
        console.print(f"{file}: experiment {experiment.experiment}: {len(runs)} runs in {len(shards)} training jobs")


def _check_measured(experiment: config.Experiment, file: str) -> None:
    """Raise InputError where something is missing that tables and figures are made from."""
    folder = config.results_root() / experiment.experiment
    names = ["runs.csv", "measurements.csv", "measurements/learning.csv"]
    names += [f"measurements/exemplars/{task}.npz" for task in experiment.exemplars()]
    if experiment.architecture_runs():
        names.append("architectures/measurements.csv")
    missing = [folder / name for name in names if not (folder / name).is_file()]
    if missing:
        more = f" and {len(missing) - 1} more files" if len(missing) > 1 else ""
        raise InputError(
            "results", f"{missing[0]}{more}", f"not made yet; make reproduce CONFIG={shlex.quote(file)} first"
        )


@config_group.command("folder")
@click.argument("file", type=click.Path())
def config_folder(file: str) -> None:
    """Print where an experiment's results go."""
    console.print(str(config.results_root() / config.load(file).experiment))


@config_group.command("docs")
@click.argument("folder", type=click.Path(path_type=Path))
def config_docs(folder: Path) -> None:
    """Write what every key means: FOLDER/config.md and FOLDER/config.schema.json."""
    write_text(folder / "config.md", config.as_markdown())
    write_text(folder / "config.schema.json", config.as_schema())


@commands.command("pages")
def fill_pages() -> None:
    """Put published tables, numbers and verdicts into the pages that say them; run in a clone."""
    from emtvb import pages, said

    for block, what in pages.fill(Path.cwd()):
        console.print(f"{block.page}: {block.name}: {what} ({block.file})")
    for wrong in said.correct(Path.cwd()):
        console.print(f"{wrong.page}: {wrong.about}: {wrong.said} is now {wrong.found}", markup=False)


@commands.command("pack")
@click.argument("folder", type=click.Path(path_type=Path))
def pack_weights(folder: Path) -> None:
    """Pack weights for the history of a clone: those in FOLDER, results/<experiment>, that it does not have yet."""
    from emtvb.running.from_history import pack

    if not folder.is_dir():
        raise InputError("results", str(folder), "no such folder; run the workflow first")
    written = pack(folder)
    for path in written:
        console.print(str(path), markup=False, highlight=False, soft_wrap=True)
    console.print(f"packed: {len(written)} files; commit them, then take them out of the tree (CONTRIBUTING.md)")


@commands.command()
@click.argument("file", type=click.Path())
def summary(file: str) -> None:
    """Print an experiment's Table 1 and list its figures. FILE is its config."""
    folder = config.results_root() / config.load(file).experiment
    path = folder / "tables" / "table1.csv"
    if not path.is_file():
        raise InputError("table", str(path), "not made yet; run the workflow on this config first")

    from emtvb import tables
    from emtvb.paper import table1

    _print_table1(table1.as_text(tables.read_table(path, table1.COLUMNS)), folder.name)
    _print_engines(folder)
    console.print("\nFigures:")
    for path in sorted((folder / "figures").rglob("*")):
        if path.suffix in (".pdf", ".png", ".gif"):
            console.print(f"  {path}")


def _print_engines(folder: Path) -> None:
    """What trained the runs, by their records."""
    from emtvb.audit.integrity import read_records
    from emtvb.running import provenance

    for name, count in provenance.trained_by(read_records(folder)[0].values()).items():
        other = "" if name == "compiled" else "; its last digits are not those of the compiled engine"
        console.print(f"Trained by the engine `{name}`: {count} runs{other}")


@commands.command("audit")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--config", "file", type=click.Path(), help="Its config [default: the clone's of that name].")
@click.option("--runs", type=click.IntRange(0), default=2, show_default=True, help="How many runs to train again.")
@click.option("--networks", type=click.IntRange(0), default=6, show_default=True, help="How many to measure again.")
@click.option("--seed", type=click.IntRange(0), help="Chooses these runs and networks [default: others each time].")
@click.option("--workers", type=click.IntRange(1, 1000), default=2, show_default=True, help="Processes at once.")
def audit_results(folder: Path, file: str | None, runs: int, networks: int, seed: int | None, workers: int) -> None:
    """Audit an experiment: is it intact and current, would it come out again, what does it say of the paper?

    FOLDER is results/<experiment>. Pages go to FOLDER/audit. Exit status 1 where something is wrong with the results,
    3 where nothing is, but not every question was asked or could be answered; a claim that differs is no error.
    """
    from emtvb.audit import audit, held
    from emtvb.audit.determinism import Sample
    from emtvb.running.jobs import show_progress
    from emtvb.running.recipes import workflow_root

    if not folder.is_dir():
        raise InputError("results", str(folder), "no such folder; run the workflow first")
    config_of = held.held_to(folder, workflow_root(), file)
    show_progress()
    found = audit.audit(folder, config_of, Sample(runs, networks, seed, workers))
    for line in audit.summary(found):
        console.print(line)
    audit.write(found, folder, config_of.root)
    console.print(f"{folder / 'audit'}: all of it")
    if not found.passed:
        sys.exit(1 if found.outcome == "FAILED" else 3)


@commands.command()
@click.argument("run_ids", nargs=-1, metavar="[RUN_ID]...")
@click.option("--results", "folder", type=click.Path(path_type=Path), default=Path("results/paper"), show_default=True)
@click.option("--sample", type=click.IntRange(1), help="So many runs, chosen by --seed.")
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses the sample.")
@click.option("--all", "every", is_flag=True, help="All of its runs.")
@click.option("--workers", type=click.IntRange(1, 1000), default=2, show_default=True, help="Processes at once.")
def verify(run_ids: tuple[str, ...], folder: Path, sample: int | None, seed: int, every: bool, workers: int) -> None:
    """Train published runs here, from nothing to the end, and compare with what is published.

    A line for each run, and on standard error how far each is; exit status 1 where one comes out differently. What is
    compared: every weight by the digest in the experiment's digests.csv, and the weights and learning curves that lie
    there.
    """
    from emtvb.audit import determinism
    from emtvb.running.jobs import show_progress

    experiment = config.load(folder / "settings.json")
    runs = {run.run_id: (shard, run) for shard, part in experiment.shards().items() for run in part}
    chosen = _chosen(runs, run_ids, sample, seed, every, folder)
    show_progress()
    failed = 0

    def say(run_id: str, difference: str | None) -> None:
        nonlocal failed
        failed += difference is not None
        console.print(f"{run_id}: {difference or 'the same, to the last bit'}")

    def progress(line: str) -> None:
        click.echo(line, err=True)

    determinism.again(folder, [runs[run_id] for run_id in chosen], experiment.trainer, workers, say, progress)
    console.print(f"{len(chosen) - failed} of {len(chosen)} runs came out as published")
    if failed:
        sys.exit(1)


def _chosen(
    runs: Mapping[str, Any], run_ids: Sequence[str], sample: int | None, seed: int, every: bool, folder: Path
) -> list[str]:
    """The runs that a user names in one of three ways."""
    ways = {"RUN_ID": bool(run_ids), "--sample": sample is not None, "--all": every}
    given = [name for name, is_given in ways.items() if is_given]
    if len(given) != 1:
        raise InputError("verify", " and ".join(given) or "nothing", f"give one of {', '.join(ways)}")
    unknown = [run_id for run_id in run_ids if run_id not in runs]
    if unknown:
        raise InputError("run", unknown[0], f"not in {folder}; its runs.csv lists all {len(runs)}")
    if sample is not None:
        return random.Random(seed).sample(sorted(runs), min(sample, len(runs)))
    return list(dict.fromkeys(run_ids)) or list(runs)


@commands.command()
@click.argument("file", type=click.Path(), default="config/config.yaml")
@click.option("--profile", "profiles", multiple=True, default=["slurm"], show_default=True, help="As for Snakemake.")
def doctor(file: str, profiles: tuple[str, ...]) -> None:
    """Check what a run on a Slurm cluster needs, and try it out in short jobs. FILE is the experiment's config."""
    from emtvb.running.doctor import examine

    found = []
    for finding in examine(config.load(file), profiles):
        console.print(str(finding))
        found.append(finding.level)
    if "error" in found:
        sys.exit(1)


def _print_table1(rows: Any, name: str) -> None:
    shown = Table(
        title=f"Table 1, {name}: spectral error in rad (test accuracy) seeds covered/seeds", title_justify="left"
    )
    for column in rows.columns:
        shown.add_column(column)
    for row in rows.itertuples(index=False):
        shown.add_row(*map(str, row))
    console.print(shown)


def _parse_task(text: str, d: int, s: int) -> Task:
    """A task by name or id."""
    return tasks.from_id(tasks.parse_id(text), d, s) if text[:1].isdigit() else tasks.named(text, d, s)


def _parse_horizons(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError("--curriculum", text, "write horizons as 10,20,40") from None
