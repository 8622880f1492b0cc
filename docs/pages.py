"""Numbers and tables of published results in README and docs/: run `.venv/bin/python docs/pages.py` to renew them.

A comment, which no reader sees, holds the Python expression that gives a number, words or a table. It stands directly
behind a number, as in ``322<!--count("stored")-->``, and decimals and percent sign are those that stand there; or
behind words in bold, as in ``**Most, not all**<!--badge("gains")-->``; or in a line before a table, which ends with
``<!-- end -->``. :func:`expressions` has what may be asked.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection
from functools import cache, cached_property
from os.path import normpath
from pathlib import Path
from typing import Any

import click
import pandas as pd

from emtvb import markdown, tables
from emtvb.cli.main import commands as group
from emtvb.experiments import kinds
from emtvb.experiments.sweep import degeneracy
from emtvb.files import write_text
from emtvb.paper import error_rates, significance, wording
from emtvb.paper.shares import shares_as_markdown, statement_shares
from emtvb.theory.memory_columns import FRESH, FRESH_CONTENTS, lasting_column
from emtvb.theory.network_verdict import AT_CHANCE

ROOT = Path(__file__).parents[1]
PAGES = (*sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")), "README.md")
"""README last: it has rows of FINDINGS."""
FINDINGS = "docs/findings.md"
CONDITIONS = {
    "solved": "solved == 1",
    "stored": "verdict == 'linearly stored and editable'",
    "otherwise": "verdict == 'solves the task without it'",
    "composes": "task != 'T1'",
    "free": "solved and l2 == 0",
    "penalised": "solved and l2 == 0.001",
    "near_phi": "solved and realisation_shape_error < 0.2",
    "near_phi_by_paper": "solved and memory_shape_error < 0.2",
    "near_phi_by_lengths": "solved and power_shape_error < 0.2",
    "wide": "free and composes and hidden_dim == 128",
    "obeys_most": "data_edit_success >= 0.9",
    "obeys_most_by_paper": "power_edit_success >= 0.9",
    "counted": "network_eigenvalues == phi_eigenvalues",
    "reads": "data_worst_decoding_accuracy >= 0.99995",
    "obeys": "data_edit_success >= 1",
    "obeys_by_paper": "power_edit_success >= 1",
    "flawless_by_paper": "power_worst_decoding_accuracy >= 0.99995 and obeys_by_paper",
    "too_few": "stored and reads and obeys and network_eigenvalues < phi_eigenvalues",
    "small": "run_id == 'T3_h32_l2-0_thr-0.98_seed5'",
    "borderline": "otherwise and not (task == 'T3' and kind == 'second digits') and not small",
    "t4_strict": "task == 'T4' and hidden_dim == 64 and l2 == 0.001 and threshold == 0.98",
    "just_above": "stored and data_worst_decoding_accuracy < 0.99",
    "unlike_phi": "l2 == 0 and optimal_spectral_error >= 0.05 and largest_modulus >= 0.5 "
    "and hidden_dim >= phi_eigenvalues",
    "lost_first": "lost_dimensions in ['[0]', '[0 1]', '[0 1 2]', '[0 1 2 3]']",
}
"""Conditions on networks by name; each may use those before it."""

_NUMBER = r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?%?"
_COMMENT = re.compile(
    r"^<!--(?P<table>[^\n]*)-->\n(?P<rows>.*?)\n<!-- end -->$"
    rf"|(?:(?<![\w.,])(?P<number>{_NUMBER})|\*\*(?P<words>[^*\n]+)\*\*)<!--(?P<value>.*?)-->"
    r"|<!--",
    re.MULTILINE | re.DOTALL,
)


class Results:
    """What an experiment publishes.

    Args:
        folder: Its folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.table = cache(lambda name: pd.read_csv(folder / "tables" / f"{name}.csv"))
        self.shown = cache(lambda figure: pd.read_csv(folder / "figures" / f"{figure}.csv"))

    def count(self, condition: str = "index >= 0") -> int:
        """How many networks meet a condition on settings, measurements and solution, as pandas' query reads it."""
        return len(self._networks.query(condition))

    def least(self, column: str, condition: str = "index >= 0") -> float:
        """The smallest value among networks that meet a condition."""
        return self._networks.query(condition)[column].min()

    def most(self, column: str, condition: str = "index >= 0") -> float:
        """The largest value among networks that meet a condition."""
        return self._networks.query(condition)[column].max()

    def row(self, table: str, column: str, **where: Any) -> Any:
        """A value of the one row of a table (``../`` leads out of tables/) that has given values."""
        rows = self.table(table)
        for name, value in where.items():
            rows = rows[rows[name] == value]
        return rows[column].item()

    def memory(self, condition: str = "index >= 0", network: str = "trained") -> pd.DataFrame:
        """Rows of ``tables/memory.csv`` of networks that solve their task, or of controls, that meet a condition.

        A condition may name ``composes``, ``lasts``, ``spectral_error`` and ``distance``, that from Phi.
        """
        measured = self._measured[["run_id", "spectral_error", "realisation_shape_error"]]
        measured = measured.rename(columns={"realisation_shape_error": "distance"})
        rows = self.table("memory").merge(measured, on="run_id", how="left")
        rows["composes"] = rows["task"] != "T1"
        rows["lasts"] = rows[lasting_column(3000, FRESH)] >= rows["measured_solved"]
        return rows[(rows["network"] == network) & (rows["solved"] != 0)].query(condition)

    def doses(self, condition: str = "index >= 0") -> pd.DataFrame:
        """Rows of ``tables/dose.csv`` that meet a condition.

        It may name ``composes``, ``lasts``, and ``forgets``: of the networks of T4 those that do not last.
        """
        rows = self.table("dose").merge(self.memory()[["run_id", "composes", "lasts"]], on="run_id")
        rows["forgets"] = (rows["task"] == "T4") & ~rows["lasts"]
        return rows.query(condition)

    def agreeing(self, condition: str) -> float:
        """The share of contents of :meth:`doses` that attract and are kept, or do neither."""
        sums = self.doses(condition)[["contents", "attracting", "kept", "attracting_kept"]].sum()
        return 1 - (sums["attracting"] + sums["kept"] - 2 * sums["attracting_kept"]) / sums["contents"]

    def memories(self) -> str:
        """What kind of memory the networks of each task have, those that last and those that forget: medians."""
        medians = "accuracy_quarter", lasting_column(3000)
        rows = {
            f"{task}, {'last' if lasts else 'forget'}": [
                len(of),
                *(f"{of[name].median():.3f}" for name in medians),
                int((of["fresh_attracting"] == FRESH_CONTENTS).sum()),
                *(f"{of[name].median():.2f}" for name in ("cycle_multiplier", "gain_origin", "gain_stored", "basin")),
                f"{of['half_edit_size'].median():.2f} ({of['half_edit_size'].min():.2f} to"
                f" {of['half_edit_size'].max():.2f})",
            ]
            for (task, lasts), of in self.memory().groupby(["task", "lasts"])
        }  # fmt: skip
        titles = [
            "networks", "inputs times 1/4", "after 3,000 steps", "all attract", "multiplier", "gain at 0",
            "gain at stored states", "basin", "half an edit becomes",
        ]  # fmt: skip
        return _markdown(pd.DataFrame.from_dict(rows, orient="index", columns=titles), "task")

    def claims(self, condition: str) -> int:
        """How many claims meet a condition."""
        return len(pd.DataFrame(self._verdicts["claims"]).query(condition))

    def claim(self, name: str, value: str, stratum: str | None = None) -> Any:
        """What the verdict on a claim, or on one stratum of networks, rests on: low and high end its interval."""
        (found,) = (claim for claim in self._verdicts["claims"] if claim["name"] == name)
        if stratum is not None:
            (found,) = (part for part in found["strata"] if part["title"] == stratum)
        return found["interval"][value == "high"] if value in ("low", "high") else found[value]

    def badge(self, name: str) -> str:
        """What is said of a claim in a word or two."""
        return significance.badge_of_claim(*(self.claim(name, of) for of in ("verdict", "tendency", "universality")))

    def undetermined(self) -> str:
        """The printed values that are not determined, and the margin within which they would not be, as Markdown."""
        rows = []
        for row in self.table("table1").itertuples():
            for measure, digits in (("spectral_error", 4), ("accuracy", 2)):
                printed, low, high = (
                    getattr(row, name) for name in (f"published_{measure}", f"{measure}_low", f"{measure}_high")
                )
                if getattr(row, f"{measure}_verdict") == "not determined":
                    margin = max(high / printed, printed / low) if digits == 4 else max(high - printed, printed - low)
                    cell = wording.cell_title(row.task, row.hidden_dim, row.l2)
                    would = f"{low:.{digits}f} to {high:.{digits}f}"
                    rows.append([cell, measure.replace("_", " "), f"{printed:.{digits}f}", would, f"{margin:.2g}"])
        titles = ["cell", "number", "printed", "20 seeds like ours would print", "margin that holds it"]
        return markdown.table(titles, rows, "llrrr")

    def claims_judged(self) -> str:
        """Claims but those of single printed values, with a link, what is said of each and the reason, as Markdown."""
        claims = [claim for claim in self._verdicts["claims"] if claim["kind"] != "published table values"]
        rows = (
            [f"[`{name}`](../results/paper/verdicts.md#{name})", self.badge(name), claim["because"]]
            for claim in claims
            for name in [claim["name"]]
        )
        return markdown.table(["claim", "answer", "because"], rows, "lll")

    def distances(self) -> str:
        """How far W_hh is from Phi without its gain, in each basis, of networks that solve their task, as Markdown."""
        solved = self._networks[self._networks["solved"]]
        parts = {"on T1": "not composes", "on T2 to T4, L2 0": "composes and free"}
        parts |= {"on T2 to T4, L2 0.001": "composes and penalised"}
        bases = {
            "realisation": "realised basis (ours)", "memory": "the paper's basis, as printed",
            "power": "the paper's basis, lengths by data", "data": "basis by data (ours)",
        }  # fmt: skip
        rows = {}
        for method, title in bases.items():
            distance = solved[f"{method}_shape_error"]
            near = {bar: f"{(distance < bar).sum()} of {len(solved)}" for bar in (0.05, 0.1, 0.2)}
            apart = [distance[solved.eval(part)] for part in parts.values()]
            cells = [f"{(of < 0.2).sum()} of {len(of)}" for of in apart]
            rows[title] = [f"{distance.median():.3f}", *near.values(), *cells]
        titles = ["median distance", "below 0.05", "below 0.1", "below 0.2", *(f"below 0.2 {part}" for part in parts)]
        return _markdown(pd.DataFrame.from_dict(rows, orient="index", columns=titles), "")

    def judged_values(self) -> str:
        """Printed values counted by verdict, as Markdown."""
        values = pd.DataFrame(self._verdicts["claims"]).query("kind == 'published table values'")
        errors = values["group"] == "spectral error"
        parts = {
            "test accuracy": values["group"] == "accuracy",
            "spectral error, printed as a number": errors & (values["published"] != "---"),
            "spectral error, printed as `---`": errors & (values["published"] == "---"),
        }
        counts = pd.DataFrame({name: values[part]["verdict"].value_counts() for name, part in parts.items()}).T
        counts = counts.reindex(columns=significance.CLAIM_VERDICTS[:3]).fillna(0).astype(int)
        return _markdown(counts, f"of the {len(values)} printed values")

    def pairs(self) -> str:
        """Shares of pairs of networks that are alike, as Markdown."""
        rows = self.table("comparison").query("task == 'all'").set_index(["differs", "measure"])
        columns = {"dynamics": "dynamics", "decoded step": "step, as decoded", "spectrum": "spectrum",
                   "realised step": "W_hh, realised", "step": "W_hh, by data"}  # fmt: skip
        alike = rows["alike"].map("{:.0%}".format).unstack()[list(columns)].rename(columns=columns).fillna("")
        alike.insert(0, "pairs", rows["pairs"].xs("dynamics", level="measure"))
        kinds = {kind: f"the {kind}" for kind in ("seed", "threshold", "penalty", "size", "task")}
        kinds["no network"] = "no network"
        return _markdown(alike.loc[list(kinds)].rename(kinds), "share alike, by what differs")

    def both_near_phi(self) -> float:
        """The share of pairs of seeds of which both have a W_hh near Phi in the realised basis."""
        near = set(self._networks.query("near_phi")["run_id"])
        pairs = self.table("../measurements/comparison").query("differs == 'seed'")
        return float((pairs["run_1"].isin(near) & pairs["run_2"].isin(near)).mean())

    def without(self, runs: str = "") -> pd.DataFrame:
        """Accuracies without parts of W_hh, of networks whose run ids begin so."""
        rows = self.table("../measurements/ablations")
        return rows[rows["run_id"].str.startswith(runs)]

    def degeneracy(self) -> str:
        """How alike networks of different seeds are, by size, penalty and task, as Markdown."""
        return degeneracy.as_markdown(degeneracy.distance_ratios(self._pairs_of_seeds))

    def likeness(self) -> str:
        """How far apart weights of different seeds are, by task, size and penalty, beside controls, as Markdown."""
        return degeneracy.likeness_as_markdown(self._pairs_of_seeds)

    def nearer_shuffled(self) -> float:
        """The distance per weight of shuffled networks with 128 neurons, as a share of that with 64."""
        means = self._pairs_of_seeds.groupby("hidden_dim")["matched_shuffled"].mean()
        return means[128] / means[64] * (64 / 128) ** 2

    def shares(self) -> str:
        """Shares of statements, as Markdown."""
        return shares_as_markdown(statement_shares(self._measured))

    @cached_property
    def _pairs_of_seeds(self) -> pd.DataFrame:
        names = ("../measurements/comparison", "../measurements/weight_distances", "../runs")
        return degeneracy.pairs_of_seeds(*map(self.table, names))

    @cached_property
    def _verdicts(self) -> dict[str, Any]:
        return json.loads((self._folder / "verdicts.json").read_text("utf-8"))

    @cached_property
    def _measured(self) -> pd.DataFrame:
        runs = tables.read_table(self._folder / "runs.csv", tables.RUN_COLUMNS)
        return tables.combine(runs, tables.read_table(self._folder / "measurements.csv", tables.MEASURED_COLUMNS))

    @cached_property
    def _networks(self) -> pd.DataFrame:
        solutions = self.table("solutions")
        more = ["run_id", *solutions.columns.difference(self._measured.columns)]
        networks = self._measured.merge(solutions[more], on="run_id", how="left", validate="one_to_one").copy()
        for name, condition in CONDITIONS.items():
            networks[name] = networks.eval(condition)
        return networks


def expressions(root: Path = ROOT) -> dict[str, Any]:
    """What expressions may name: an experiment (``twins.count()``), a method of the paper's (``count()``), these."""
    of = {path.name.replace("-", "_"): Results(path) for path in (root / "results").iterdir()}
    paper = of["paper"]
    names: dict[str, Any] = {name: getattr(paper, name) for name in dir(paper) if not name.startswith("_")}
    short: dict[str, Callable[..., Any]] = {
        "table1": lambda column, task, hidden_dim, l2: paper.row(
            "table1", column, task=task, hidden_dim=hidden_dim, l2=l2
        ),
        "agreement": lambda differs, column="alike", task="all": paper.row(
            "agreement", column, differs=differs, task=task, outcome="circuit"
        ),
        "both_near_phi": paper.both_near_phi,
        "compared": lambda differs, measure, column="alike", task="all": paper.row(
            "comparison", column, differs=differs, task=task, measure=measure
        ),
        "ablated": lambda basis, removed, column="mean", when="throughout", task="all", **cell: paper.row(
            "ablations", column, basis=basis, removed=removed, when=when, task=task, **cell
        ),
        "gradient": lambda column, task, solves=True, when="trained", **cell: paper.row(
            "gradients", column, task=task, solves=solves, when=when, lag=100, **cell
        ),
        "whole": lambda measure: _plain_means(paper.table("table1"))[measure],
        "key_findings": lambda: first_table(FINDINGS, (root / FINDINGS).read_text("utf-8")),
        "commands": commands,
        "gallery": lambda *names: gallery(root, names),
        "copy": lambda file, *rows: copied((root / "results" / file).read_text("utf-8").strip(), rows),
        "rates": lambda: error_rates.as_markdown(pd.read_csv(root / "results/paper/figures/evidence.csv")),
        "answers": lambda: error_rates.answers_as_markdown(error_rates.answer_rates()),
        "bootstrap": lambda: error_rates.bootstrap_as_markdown(pd.read_csv(root / "results/paper/figures/forest.csv")),
    }
    for kind in kinds.all_kinds():
        short |= kind.numbers(of)
    return {**of, **names, **short}


def renewed(page: str, text: str, names: dict[str, Any]) -> tuple[str, list[str]]:
    """A page's text with its numbers, words and tables as they are found, and what was wrong: page, line, number.

    Raises:
        ValueError: Where an expression gives nothing, or a comment stands behind no number and before no table.
    """
    wrong = []

    def found(comment: re.Match[str]) -> str:
        place = f"{page}:{text.count(chr(10), 0, comment.start()) + 1}"
        part = "rows" if comment["table"] else "words" if comment["words"] else "number"
        expression = " ".join((comment["table"] or comment["value"] or "").split())
        try:
            value = eval(f"({expression})", names)
            as_there = {"number": printed, "words": _as_begun}.get(part)
            new = as_there(value, comment[part]) if as_there else value
        except Exception as error:
            raise ValueError(f"{place}: <!--{expression}--> gives nothing: {error!r}") from error
        if new != comment[part]:
            wrong.append(f"{place}: {'the table' if part == 'rows' else comment[part]}, found {new}: {expression}")
        return text[comment.start() : comment.start(part)] + new + text[comment.end(part) : comment.end()]

    return _COMMENT.sub(found, text), wrong


def printed(value: float, like: str) -> str:
    """A number with the decimals and the percent sign of another."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number")
    decimals = len(like.rstrip("%").partition(".")[2])
    return f"{value:,.{decimals}{'%' if like.endswith('%') else 'f'}}"


def _as_begun(words: str, like: str) -> str:
    """Words with a capital letter where others begin with one."""
    return (words[:1].upper() if like[:1].isupper() else words[:1]) + words[1:]


def first_table(page: str, text: str) -> str:
    """The first table of a page, as it is read in README: its links lead to the same places from there."""
    table = re.search(r"(?:^\|.*\n)+", without_comments(text), re.MULTILINE)
    if table is None:
        raise ValueError(f"{page}: no table")
    folder, _, name = page.rpartition("/")
    link = re.compile(r"\]\(([^)#]*)")
    return link.sub(lambda found: f"]({normpath(f'{folder}/{found[1] or name}')}", table[0].strip())


def copied(table: str, rows: Collection[str] = ()) -> str:
    """A published table, or those of its rows that begin so, in its own order.

    Raises:
        ValueError: Where a row is not there.
    """
    if not rows:
        return table
    head, line, *others = table.splitlines()
    named = {row.split("|")[1].strip(): row for row in others}
    if unknown := set(rows) - set(named):
        raise ValueError(f"no row {', '.join(sorted(unknown))}")
    return "\n".join([head, line, *(row for name, row in named.items() if name in rows)])


def commands() -> str:
    """Commands of ``emtvb`` and what each does, as Markdown."""
    context = click.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    rows = ([f"`emtvb {name}`", command.get_short_help_str(200)] for name, command in found.items() if command)
    return markdown.table(["command", "what it does"], rows, "ll")


def gallery(root: Path, experiments: Collection[str]) -> str:
    """Every figure of some experiments below a heading of its name, with its caption: first those that findings shows.

    A figure that an experiment before it has is left out. Of one that is drawn for each task, T3's is shown.
    """
    findings = (root / FINDINGS).read_text("utf-8")
    order = list(dict.fromkeys(re.findall(r"figures/(\w+)\.png|figures\.md#(\w+)", findings)))
    first = [one or other for one, other in order]
    shown: dict[str, str] = {}
    for experiment in experiments:
        folder = root / "results" / experiment / "figures"
        names = {path.relative_to(folder).parts[0].partition(".")[0] for path in folder.rglob("*.csv")}
        for name in sorted(names, key=lambda name: (first.index(name) if name in first else len(first), name)):
            caption = (root / "workflow" / "report" / f"{name}.rst").read_text("utf-8").strip().replace("``", "`")
            pictures = sorted(path for ending in ("png", "gif") for path in folder.glob(f"{name}*/*.{ending}"))
            picture = next((path for path in pictures if path.stem == "T3"), folder / f"{name}.png")
            place, numbers = (
                f"../{path.relative_to(root).as_posix()}" for path in (picture, picture.with_suffix(".csv"))
            )
            others = [f"[{path.stem}](../{path.relative_to(root).as_posix()})" for path in pictures if path != picture]
            title = re.search(r"\*\*(.*?)\*\*", caption, re.DOTALL)
            alt = " ".join(title[1].split()).rstrip(".") if title else name
            links = ", ".join([f"[Numbers]({numbers})", *others])
            shown.setdefault(name, f"## {name}\n[![{alt}]({place})]({place})\n\n{caption}\n\n{links}")
    return "\n\n".join(shown.values())


def without_comments(text: str) -> str:
    """A page as it is read."""
    return re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)


def _plain_means(cells: pd.DataFrame) -> dict[str, float]:
    """Printed values beside our means as they are: the mean difference of accuracies, the geometric mean of ratios."""
    trained = cells[cells["as_published_accuracy"] > AT_CHANCE]
    ratios = cells["published_spectral_error"] / cells["as_published_spectral_error"]
    return {
        "accuracy": (trained["published_accuracy"] - trained["as_published_accuracy"]).mean(),
        "spectral_error": math.exp(ratios.map(math.log).mean()),
    }


def _markdown(table: pd.DataFrame, title: str) -> str:
    rows = ([name, *row] for name, row in zip(table.index, table.to_numpy(), strict=True))
    return markdown.table([title, *table.columns], rows, "l" + "r" * len(table.columns))


if __name__ == "__main__":
    known = expressions()
    for page in PAGES:
        text, wrong = renewed(page, before := (ROOT / page).read_text("utf-8"), known)
        if text != before:
            write_text(ROOT / page, text)
            print(*wrong, sep="\n")
