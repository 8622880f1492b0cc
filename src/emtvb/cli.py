"""The ``emtvb`` command: explain tasks, check configs, train and interpret one network outside the workflow."""

from __future__ import annotations

import errno
import json
import math
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from rich.console import Console
from rich.table import Table

from emtvb import config, kinds, tasks
from emtvb.architectures.registry import ARCHITECTURES
from emtvb.errors import InputError
from emtvb.exports import __version__
from emtvb.files import check_writable, write_text
from emtvb.methods import settings as benchmarks
from emtvb.onions import settings as onions
from emtvb.results import NO_RESULTS, check_holds_experiment, experiments, is_clone, places
from emtvb.running import surroundings
from emtvb.single.naming import task_of
from emtvb.streams.settings import Streams
from emtvb.tasks import Task

if TYPE_CHECKING:
    from emtvb.figures.edits import EditShown
    from emtvb.interpret.measure import Measurement
    from emtvb.page.content import Shown

if os.environ.get("COLUMNS") == "0":
    del os.environ["COLUMNS"]  # of a terminal that does not know its width: rich would print nothing at all
console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
PAPER = tasks.PAPER_SIZE


def main() -> None:
    """Run the command; what is wrong with its input is one line and exit status 2."""
    os.environ.pop("MPLBACKEND", None)  # a notebook's, which may not be there; figures are drawn into files
    try:
        commands()
    except InputError as error:
        _fail(str(error))
    except Exception as error:
        from emtvb.running.jobs import is_out_of_memory

        if is_out_of_memory(error):
            _fail(f"out of memory ({error}); choose smaller sizes, or a machine with more")
        if (refused := _of_system(error)) is not None:
            _fail(f"{refused}; mend that and run again: what was computed stands")
        raise


def _fail(message: str) -> NoReturn:
    click.echo(f"error: {message}", err=True)
    sys.exit(2)


def _of_system(error: BaseException | None) -> OSError | None:
    """What the system refused: this error, or that of a full disk, over which a library then stumbled."""
    if isinstance(error, OSError):
        return error
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return error
        error = error.__cause__ or error.__context__
    return None


@contextmanager
def _into(folder: Path) -> Iterator[Path]:
    """A folder that a command writes into, made if it is missing; it is named where its disk is full."""
    check_writable(folder)
    try:
        yield folder
    except OSError as error:
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, error.strerror, str(folder)) from error
        raise


_FOLDER = click.Path(path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="emtvb")
def commands() -> None:
    """Variable binding in recurrent networks: train them, read their variable memories."""


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
        _explain(task_of(task, d, s))
        return
    table = Table("task", "id", "composition: (variable, dimension, sign) of each output dimension")
    for name in tasks.NAMED:
        try:
            of_name = tasks.named(name, d, s)
            table.add_row(
                name, of_name.label, " ".join(f"({v},{k},{'+' if g > 0 else '-'})" for v, k, g in of_name.composition)
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
@click.option("--trainer", default="auto", show_default=True, help="auto, compiled or reference.")
@click.option("--accelerator", default="cpu", show_default=True, help="What --trainer reference computes on.")
@click.option("--epochs", type=int, help="Epochs [default: the paper's 10].")
@click.option("--batches-per-epoch", type=int, help="Batches in an epoch [default: the paper's 2000].")
@click.option("--batch-size", type=int, help="Sequences in a batch [default: the paper's 64].")
@click.option("--curriculum", help="Horizons, such as 10,20,40 [default: the paper's 10,20,40,60,100].")
@click.option("--output", type=_FOLDER, help="Its folder [default: under the results root].")
def train(
    task: str, hidden: int, l2: float, threshold: float, seed: int, d: int, s: int, curriculum: str | None,
    trainer: str, accelerator: str, output: Path | None, **protocol: int | None,
) -> None:  # fmt: skip
    """Train one network by the paper's protocol; the same command goes on where it was interrupted."""
    protocol_of: dict[str, Any] = {key: value for key, value in protocol.items() if value is not None}
    if curriculum is not None:
        protocol_of["curriculum"] = _parse_horizons(curriculum)
    chosen = task_of(task, d, s)
    settings = {
        "experiment": "one",
        "dimensions": d,
        "variables": s,
        "tasks": [chosen.name if chosen.name in tasks.NAMED else {"name": chosen.name, "id": chosen.task_id}],
        "hidden_dim": [hidden],
        "l2": [l2],
        "threshold": [threshold],
        "seeds": [seed],
        "seeds_per_shard": 1,
        "trainer": trainer,
        "accelerator": accelerator,
        "training": protocol_of,
    }
    run_id = config.check(settings, "emtvb train").runs()[0].run_id
    experiment = config.check({**settings, "experiment": run_id}, "emtvb train")

    from emtvb.running.jobs import show_progress
    from emtvb.single import training

    folder = output or surroundings.results_root() / run_id
    training.check_is_free(folder, run_id)
    training.check_trainer(trainer, accelerator)
    show_progress()
    with _into(folder):
        training.train(experiment, folder)
    console.print(f"{folder}: trained; `emtvb interpret {folder}` reads its variables")


def _of_subject(command: Callable[..., None]) -> Callable[..., None]:
    """RUN, what is to be said of it where it is a file of weights, and where to write."""
    d, s = PAPER
    for decorate in (
        click.option("--output", type=_FOLDER, help="Where to [default: beside the run's experiment, or the file]."),
        click.option(
            "--nonlinearity",
            type=click.Choice(["tanh", "relu"]),
            help="Of a file of weights of an RNN [default: tanh].",
        ),
        click.option("--variables", "s", type=int, help=f"Of a file of weights: s, stored vectors [default: {s}]."),
        click.option("--dimensions", "d", type=int, help=f"Of a file of weights: d, vector elements [default: {d}]."),
        click.option("--task", help="Of a file of weights: what it was trained on, as for `emtvb train`."),
        click.argument("run"),
    ):
        command = decorate(command)
    return command


@commands.command()
@_of_subject
def interpret(
    run: str, task: str | None, d: int | None, s: int | None, nonlinearity: str | None, output: Path | None
) -> None:
    """Measure a trained network and draw what it learned.

    RUN is a folder of `emtvb train`, a run id (`emtvb networks` lists them), or a file of weights of your own, with
    --task: three arrays W_in, W_rec, W_out or the like, or torch's state dict of an RNN, GRU or LSTM and a linear
    readout (.safetensors, .npz, .pt).
    """
    from emtvb.interpret.measure import Measurement
    from emtvb.single import interpreting, opening

    subject = opening.find(run, task, (d, s), nonlinearity, output)
    with _into(subject.folder) as folder:
        measured = interpreting.interpret(subject, folder)
        if isinstance(measured, Measurement):
            _print_measurement(measured)
        else:
            _print_row(measured)
        for path in sorted(folder.iterdir()):
            console.print(str(path))


def _print_row(row: Any) -> None:
    """Of another network than the paper's: all that was measured."""
    table = Table("measurement", "value", title=f"{row.run_id}: {row.verdict}", title_justify="left")
    for name, value in vars(row).items():
        if not isinstance(value, str):
            table.add_row(name.replace("_", " "), f"{value:.4g}")
    console.print(table)


def _print_measurement(measured: Measurement) -> None:
    error = f"{measured.spectral_error:.5f}"
    if math.isnan(measured.spectral_error):
        same = measured.phi_eigenvalues == measured.network_eigenvalues
        error = "not defined (by rounding)" if same else "not defined (counts differ)"
    table = Table("measurement", "value", title=f"{measured.run_id}: {measured.verdict}", title_justify="left")
    table.add_row("test accuracy", f"{measured.test_accuracy:.4f}")
    table.add_row("long-term eigenvalues", f"{measured.network_eigenvalues} (Phi has {measured.phi_eigenvalues})")
    table.add_row("spectral error, as published (rad)", error)
    table.add_row("spectral error, optimal (rad)", f"{measured.optimal_spectral_error:.5f}")
    table.add_row(
        "matched pairs alone (rad)", f"{measured.matched_spectral_error:.5f}, {measured.matched_eigenvalues} pairs"
    )
    table.add_row("sequences exact without an edit", f"{measured.unedited_success:.3f}")
    ignored = measured.unobservable_edit_ignored
    table.add_row("unobservable edits without effect", "-" if math.isnan(ignored) else f"{ignored:.3f}")
    console.print(table)
    bases = Table("variable memories", "by data", "the paper's", "realised", title_justify="left")
    for name, measure in _BASIS_ROWS.items():
        bases.add_row(name, *(f"{getattr(measured.bases[method], measure):.4g}" for method in BASES))
    console.print(bases)


@commands.command("networks")
@click.argument("folders", nargs=-1, type=_FOLDER, metavar="[FOLDER]...")
@click.option("--task", multiple=True, help="T1 to T4, or a config's own name. This and the next: also more than once.")
@click.option("--hidden", "hidden_dim", type=int, multiple=True, help="Neurons; the size of another architecture.")
@click.option("--l2", type=float, multiple=True, help="L2 penalty.")
@click.option("--threshold", type=float, multiple=True, help="Accuracy that moves the horizon up.")
@click.option("--seed", type=int, multiple=True, help="Of initial weights and batches.")
@click.option("--twin", type=int, multiple=True, help="0: no rounding twin.")
@click.option("--architecture", multiple=True, help=f"rnn, {', '.join(ARCHITECTURES)}.")
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
        check_holds_experiment(folder, "results", "runs.csv")
    table = catalogue.networks(folders or _experiments(), None if folders else _leave_out)
    chosen = catalogue.choose(table, wanted, verdict, solved, weights)
    if as_csv:
        click.echo(chosen.to_csv(index=False, lineterminator="\n"), nl=False)
    else:
        _print_networks(chosen, table["experiment"].nunique() > 1)


def _experiments() -> list[Path]:
    """The experiments among the results here: of EXPERIMENT_OUTPUT_DIR, where it is set.

    Raises:
        InputError: Where there are none.
    """
    root, is_named = surroundings.results_root(), bool(os.environ.get("EXPERIMENT_OUTPUT_DIR"))
    folders = next(filter(None, map(experiments, [root] if is_named else places())), [])
    if not folders:
        remedy = "no experiment there; run the workflow or `emtvb train`, or name your results in EXPERIMENT_OUTPUT_DIR"
        raise InputError("results", str(root), remedy if is_named or is_clone() else NO_RESULTS)
    return folders


def _leave_out(error: InputError) -> None:
    """Say that an experiment that nobody named cannot be read."""
    click.echo(f"warning: left out: {error}", err=True)


def _print_networks(chosen: Any, several: bool) -> None:
    """A line a network, never broken, and how many they are."""
    from emtvb.interpret.verdict import ACCURATE

    lines = [("run id", *(["experiment"] if several else []), "accuracy", "modes", "worst", "weights", "verdict")]
    for row in chosen.itertuples(index=False):
        without_verdict = "not measured" if math.isnan(row.test_accuracy) else "-"
        lines.append((
            row.run_id,
            *([row.experiment] if several else []),
            "-" if math.isnan(row.test_accuracy) else f"{row.test_accuracy:.4f}",
            "-" if math.isnan(row.phi_eigenvalues) else f"{row.network_eigenvalues:.0f}/{row.phi_eigenvalues:.0f}",
            "-" if math.isnan(row.data_worst_decoding_accuracy) else f"{row.data_worst_decoding_accuracy:.4f}",
            "here" if row.weights else "-",
            row.verdict if isinstance(row.verdict, str) else without_verdict,
        ))  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        console.print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    solved, here = int((chosen["test_accuracy"] >= ACCURATE).sum()), int(chosen["weights"].sum())
    console.print(f"{len(chosen)} networks; {solved} solve their task; the weights of {here} are here")


BASES = ("data", "power", "realisation")
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
@click.option("--at", "time", type=click.IntRange(0), help="Output steps before the edit; 0: after the last input.")
@click.option("--variable", type=int, help="What to edit: 1 (oldest) to s (newest).")
@click.option("--flip", "dimension", type=int, help="Negate this dimension of it, counted from 0.")
@click.option("--set", "values", help="Store these values in it, such as +-+--+++.")
@click.option("--swap", "other", type=int, help="Exchange it with this variable.")
@click.option(
    "--basis", type=click.Choice(BASES), default=BASES[0], show_default=True, help="Memories to edit through."
)
@click.option("--page", is_flag=True, help="Make a page on which one edits it while it runs, in a browser.")
@_of_subject
def edit(
    run: str, time: int | None, variable: int | None, dimension: int | None, values: str | None, other: int | None,
    basis: str, page: bool, task: str | None, d: int | None, s: int | None, nonlinearity: str | None,
    output: Path | None,
) -> None:  # fmt: skip
    """Change what a trained network stores while it repeats the picture 3-1-5, and see what it then does.

    RUN is a folder of `emtvb train`, a run id, or a file of weights of your own, with --task (see emtvb interpret).
    With --page a page is made, which opens with that edit; no edit need be given then (neither --at nor --variable).
    Without an edit RUN may also be results/<experiment>: the page has the networks that its workflow chose.
    """
    ways = {"--flip": dimension, "--set": values, "--swap": other}
    given = [name for name, value in ways.items() if value is not None]
    if page and not given and time is None and variable is None:
        chosen = Path(run) / "measurements" / "page.npz"
        if chosen.is_file():
            from emtvb.page import content
            from emtvb.single import opening

            opening.check_is_of_file(run, task, (d, s), nonlinearity)
            _write_page(content.load(chosen), output or Path(run) / "interpretation", basis)
        else:
            from emtvb.single import editing

            alone, folder = editing.page_of(run, task, (d, s), nonlinearity, output)
            _write_page([alone], folder, basis)
        return
    if len(given) != 1:
        raise InputError("edit", " ".join(given) or "nothing", f"give one of {', '.join(ways)}")
    for name, value in (("--at", time), ("--variable", variable)):
        if value is None:
            raise click.UsageError(f"Missing option '{name}'.")
    assert time is not None
    assert variable is not None
    from emtvb.single import editing, opening

    subject = opening.find(run, task, (d, s), nonlinearity, output)
    signs = None if values is None else _parse_signs(values)
    change = editing.Change(variable, flip=dimension, put=signs, swap=other)
    done = editing.edit(subject, time, change, basis)
    shown = editing.on_page(subject) if page else None
    with _into(subject.folder) as folder:
        files = editing.draw(done, folder)
    _print_edit(done, 2 * subject.run.task.s)
    for path in files:
        console.print(str(path))
    if shown is not None:
        _write_page([shown], folder, basis, edit=f"{time}:{change.address}", step=str(time + len(done.outputs)))


def _write_page(shown: Sequence[Shown], folder: Path, basis: str, **first: str) -> None:
    """The page of these networks, and where it lies."""
    from emtvb.page.document import document

    if basis not in shown[0].bases:
        raise InputError("--basis", basis, f"the page has {' and '.join(shown[0].bases)}")
    with _into(folder):
        write_text(folder / "edit.html", document(shown, {"basis": basis, **first}))
    console.print(f"{folder / 'edit.html'}: a page to open in a browser")


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
def check_config(files: tuple[str, ...]) -> None:
    """Check config files, and say what they state."""
    for file in files:
        experiment = _check(file)
        folder = surroundings.results_root() / experiment.experiment
        if other := surroundings.of_other_settings(folder, experiment.model_dump(mode="json")):
            click.echo(f"warning: {other}", err=True)


def _check(file: str) -> config.Experiment:
    """The experiment of a config, with a line on what it comes to."""
    experiment = kinds.load(file)
    runs, shards = experiment.runs(), experiment.shards()
    what = f"{len(runs)} runs in {len(shards)} training jobs"
    if isinstance(experiment, benchmarks.Benchmark):
        what = f"methods on {len(experiment.methods.networks)} networks"
    if isinstance(experiment, onions.Onions):
        what = f"{len(experiment.onions.orders())} networks that repeat sequences"
    console.print(f"{file}: experiment {experiment.experiment}: {what}")
    return experiment


@config_group.command("folder")
@click.argument("file", type=click.Path())
def config_folder(file: str) -> None:
    """Print where an experiment's results go."""
    console.print(str(surroundings.results_root() / kinds.load(file).experiment))


@config_group.command("drawing")
@click.argument("file", type=click.Path())
def config_drawing(file: str) -> None:
    """Print the rules that make an experiment's tables and figures, if all is there that they are made from."""
    from emtvb.running.clone import workflow_root
    from emtvb.running.plan import drawing, drawn_from, plan

    experiment = kinds.load(file)
    folder = surroundings.results_root() / experiment.experiment
    with Console(stderr=True).status("asking Snakemake what tables and figures are made from"):  # shown on terminals
        jobs = plan(experiment, workflow_root(), folder)
    missing = [path for name in drawn_from(jobs) if not Path(path := os.path.normpath(folder / name)).is_file()]
    if missing:
        more = f" and {len(missing) - 1} more files" if len(missing) > 1 else ""
        remedy = f"not made yet; make reproduce CONFIG={shlex.quote(file)} first"
        raise InputError("results", f"{missing[0]}{more}", remedy)
    console.print(" ".join(drawing(jobs)))


@config_group.command("docs")
def config_docs() -> None:
    """Write what every key means, for people and for editors; run in a clone."""
    from emtvb.config import manual

    write_text("docs/config.md", manual.as_markdown())
    write_text("workflow/schemas/config.schema.yaml", manual.as_schema(benchmarks.Benchmark, onions.Onions, Streams))


@commands.command("pack")
@click.argument("folder", type=_FOLDER)
def pack_weights(folder: Path) -> None:
    """Pack the weights of FOLDER, results/<experiment>, beside them, as they are published."""
    from emtvb.running.packed import pack

    check_holds_experiment(folder, "results", "settings.json")
    with _into(folder):
        written = pack(folder)
    for path in written:
        console.print(str(path))
    console.print(f"packed: {len(written)} files")


_CONFIG = "config/config.yaml"


@commands.command()
@click.argument("file", type=click.Path(), default=_CONFIG)
@click.option("--cores", default="all", show_default=True, help="How many cores: a number, or all.")
def reproduce(file: str, cores: str) -> None:
    """Run the workflow on a config, in a clone, and print its summary. FILE is the config.

    Ctrl-C stops it; the same command goes on from the last checkpoints.
    """
    from emtvb import reproduction
    from emtvb.running.clone import workflow_root

    experiment = _check(file)
    snakemake = Path(sys.executable).with_name("snakemake")
    snakefile = workflow_root() / "Snakefile"
    status = reproduction.run(
        [str(snakemake), "--snakefile", str(snakefile), "--cores", cores, "--configfile", str(Path(file).absolute())]
    )
    if status:
        sys.exit(status)
    _print_summary(experiment)


@commands.command()
@click.argument("file", type=click.Path())
def summary(file: str) -> None:
    """Print an experiment's Table 1, what came out, and where to look first. FILE is its config."""
    _print_summary(kinds.load(file))


def _print_summary(experiment: config.Experiment) -> None:
    folder = surroundings.results_root() / experiment.experiment
    name, words = "table1.csv", ""
    if isinstance(experiment, benchmarks.Benchmark):
        name, words = "methods.md", "all methods on all networks"
    if isinstance(experiment, Streams):
        figure = folder / "figures" / "stream_recall.png"
        name, words = "streams.csv", f"all measures by task and size; look first: {figure}"
    if isinstance(experiment, onions.Onions):
        name, words = "onions.md", "what is linear in each network"
    path = folder / "tables" / name
    if not path.is_file():
        raise InputError("table", str(path), "not made yet; run the workflow on this config first")
    if words:
        console.print(f"{path}: {words}")
        return

    from emtvb import summary as summaries
    from emtvb import tables
    from emtvb.paper import table1

    table = table1.as_text(tables.read_table(path, table1.COLUMNS))
    lines = [*summaries.LEGEND, *summaries.engines(folder), "", *summaries.lines(experiment, folder)]
    _print_table1(table, folder.name)
    for line in lines:
        console.print(line)


@commands.command("audit")
@click.argument("folder", type=_FOLDER)
@click.option("--config", "file", type=click.Path(), help="Its config [default: the clone's of that name].")
@click.option("--quick", is_flag=True, help="Make nothing again.")
@click.option("--all", "every", is_flag=True, help="Measure all networks again [default: a third of the shards].")
@click.option("--runs", type=click.IntRange(0), help="How many runs to train again [default: 2].")
@click.option("--seed", type=click.IntRange(0), help="Draws these shards and runs [default: others each time].")
@click.option(
    "--workers", type=click.IntRange(1, 1000), default=2, show_default=True, help="Processes at once, of each part."
)
def audit_results(
    folder: Path, file: str | None, quick: bool, every: bool, runs: int | None, seed: int | None, workers: int
) -> None:
    """Audit an experiment: is it intact and current, would it come out again, what does it say of the paper?

    FOLDER is results/<experiment>. What is found goes to FOLDER/audit, too. Exit status 1 where something is wrong with
    the results, 3 where nothing is, but not everything was checked; an inconsistent claim is no error.
    """
    from emtvb.audit import audit, held
    from emtvb.audit.report import STATUS
    from emtvb.running.clone import workflow_root
    from emtvb.running.jobs import show_progress

    check_holds_experiment(folder, "results", "settings.json")
    for name, value in (("--all", every or None), ("--runs", runs), ("--seed", seed)):
        if quick and value is not None:
            raise InputError("audit", f"--quick and {name}", "--quick makes nothing again; give one of them")
    config_of = held.held_to(folder, workflow_root(), file)
    show_progress()
    sample = audit.Sample(1.0 if every else audit.SHARE, 2 if runs is None else runs, seed, workers)
    with _into(folder / "audit"):
        report = audit.audit(folder, config_of, audit.QUICK if quick else sample)
        audit.write(report, folder)
    for line in report.lines():
        console.print(line)
    console.print(f"{folder / 'audit'}: all of it")
    sys.exit(STATUS[report.outcome])


@commands.command()
@click.argument("run_ids", nargs=-1, metavar="[RUN_ID]...")
@click.option("--results", "folder", type=_FOLDER, default=Path("results/paper"), show_default=True)
@click.option("--sample", type=click.IntRange(1), help="So many runs, chosen by --seed.")
@click.option("--seed", type=int, help="Chooses the sample [default: 0].")
@click.option("--all", "every", is_flag=True, help="All of its runs.")
@click.option("--workers", type=click.IntRange(1, 1000), default=2, show_default=True, help="Processes at once.")
def verify(
    run_ids: tuple[str, ...], folder: Path, sample: int | None, seed: int | None, every: bool, workers: int
) -> None:
    """Train published runs here, from nothing to the end, and compare with what is published.

    A line for each run, and on standard error how far each is; exit status 1 where one comes out differently. What is
    compared: every weight by the digest in the experiment's digests.csv, and the weights and learning curves that lie
    there.
    """
    from emtvb.audit import determinism
    from emtvb.audit.processes import ended_by_signals
    from emtvb.running.jobs import show_progress

    check_holds_experiment(folder, "--results", "settings.json")
    experiment = kinds.load(folder / "settings.json")
    runs = {run.run_id: (shard, run) for shard, part in experiment.shards().items() for run in part}
    chosen = determinism.chosen(runs, run_ids, sample, seed, every, folder)
    show_progress()
    failed = 0
    trained = determinism.again(folder, [runs[run_id] for run_id in chosen], experiment.trainer, workers)
    with ended_by_signals(), closing(trained):
        for run_id, difference in trained:
            failed += difference is not None
            console.print(f"{run_id}: {difference or 'the same, to the last bit'}")
    console.print(f"{len(chosen) - failed} of {len(chosen)} runs came out as published")
    if failed:
        sys.exit(1)


@commands.command()
@click.argument("file", type=click.Path(), default=_CONFIG)
@click.option("--profile", "profiles", multiple=True, default=["slurm"], show_default=True, help="As for Snakemake.")
def doctor(file: str, profiles: tuple[str, ...]) -> None:
    """Check what a run on a Slurm cluster needs, and try it out in a short job. FILE is the experiment's config."""
    from emtvb.running.doctor import examine

    experiment = kinds.load(file)
    levels = []
    for finding in examine(experiment, profiles):
        console.print(str(finding))
        levels.append(finding.level)
    if "error" in levels:
        sys.exit(1)


def _print_table1(rows: Any, name: str) -> None:
    shown = Table(title=f"Table 1, {name}", title_justify="left")
    for column in rows.columns:
        shown.add_column(column)
    for row in rows.itertuples(index=False):
        shown.add_row(*map(str, row))
    console.print(shown)


def _parse_horizons(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError("--curriculum", text, "write horizons as 10,20,40") from None
