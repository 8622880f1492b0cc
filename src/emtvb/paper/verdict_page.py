"""What an experiment's runs say of the paper's claims, stated as a page, as text and as JSON."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import NamedTuple
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from emtvb import markdown
from emtvb.paper import claims
from emtvb.paper.claim_results import ClaimResult, Kind, StatedClaim, Stratum, count_answers, count_verdicts
from emtvb.paper.significance import BADGES

TITLES: dict[Kind, str] = {
    "published statements": "What the paper says of the networks",
    "published table values": "Table 1",
    "Table 1 as a whole": "Table 1 as a whole",
    "our own checks": "What we asked besides",
    "claims of others": "What others say of such networks",
}
"""Kinds of claims, in the order in which they are shown."""
ANCHORS: dict[Kind, str] = {
    "published statements": "statements", "published table values": "table", "Table 1 as a whole": "whole",
    "our own checks": "checks", "claims of others": "others",
}  # fmt: skip
_ABOUT: dict[Kind, str] = {
    "published statements": "We keep the paper's words, and its own basis, as far as they can be tested. What bases of "
    "ours give stands beside, and in no answer. Where the paper gives no bar, we chose one and say so. Where it names "
    "no share of networks, we say whether a statement holds for most networks (tendency), and whether for all "
    "(universality).",
    "published table values": "Each printed value, a spectral error in radians or a test accuracy, beside what 20 of "
    "the paper's seeds would have printed if they were like ours.",
    "Table 1 as a whole": "All errors that are printed as numbers, and all accuracies, together.",
    "our own checks": "The paper does not print these, but a reader may take them for granted. Those that are "
    "inconsistent are not true of our runs. Those that are found would be consistent, but the rule is younger than the "
    "networks, which are then no test of it.",
    "claims of others": "What other papers say of networks like these, asked of ours; the paper does not claim it. "
    "Where a source names no share of networks, we say likewise for how many it holds.",
}
_ERRS = (
    "Consistent: what 20 seeds like ours could print is within the margin of what is printed. Inconsistent: what is "
    "printed is outside what they could print, corrected for the 48 values of the table. Not determined: neither, since"
    " 20 seeds vary by more than the margin."
)
_ERRS_BY_RULE = (
    " Each consistent or inconsistent answer about networks is wrong in at most about 2.5% of cases: with {count} "
    "answers, at most about one sweep in {often} has a false one."
)
_COLOURS = dict(zip(BADGES, ("good", "open", "good", "good", "open", "bad", "bad"), strict=True))
_ACCURACIES, _ERRORS = (0.4, 1.0), (2e-4, 0.1)
"""From where to where values are plotted; errors on a logarithmic axis."""
_TICKS: dict[str, tuple[tuple[float, str], ...]] = {
    "accuracy": tuple((value, f"{value:g}") for value in (0.4, 0.6, 0.8, 1.0)),
    "spectral error": tuple((value, f"{value:g}") for value in (0.001, 0.01, 0.1)),
}


@dataclass(frozen=True)
class Figure:
    """A figure that the page shows.

    Attributes:
        path: Its picture, relative to the experiment's folder.
        caption: What it shows.
    """

    path: str
    caption: str


@dataclass(frozen=True)
class Stated:
    """What an experiment's runs say of the paper.

    Attributes:
        experiment: Its name.
        results: Of each claim.
        figures: Pictures that lie beside the page.
    """

    experiment: str
    results: Sequence[ClaimResult]
    figures: Sequence[Figure] = field(default_factory=tuple)

    @property
    def kinds(self) -> dict[Kind, list[ClaimResult]]:
        """What is said of the claims of each kind that has some."""
        kinds = {kind: [result for result in self.results if result.claim.kind == kind] for kind in TITLES}
        return {kind: some for kind, some in kinds.items() if some}

    def _opening(self) -> dict[Kind, str]:
        """What a reader of each kind of claims wants to know first."""
        return {kind: _answer_in_short(some) for kind, some in self.kinds.items()}

    def _tallies(self) -> dict[Kind, dict[str, int]]:
        """How many claims of each kind have which badge, of those that occur."""
        badges = {kind: Counter(result.finding.badge for result in some) for kind, some in self.kinds.items()}
        return {kind: {badge: count[badge] for badge in BADGES if count[badge]} for kind, count in badges.items()}

    @property
    def title(self) -> str:
        """What the runs say of the statements about networks, in a sentence."""
        statements = self.kinds.get("published statements", [])
        most = sum(result.finding.tendency == "yes" for result in statements)
        if not statements:
            return f"results/{self.experiment} says nothing of the paper's statements"
        return f"{most} of the paper's {len(statements)} statements hold for most networks of results/{self.experiment}"

    def as_json(self) -> str:
        """Every claim, and of each kind how many have which verdict, as JSON text."""
        content = {
            "experiment": self.experiment, "verdicts": count_verdicts(self.results),
            "answers": count_answers(self.results), "claims": [_as_entry(result) for result in self.results],
        }  # fmt: skip
        return json.dumps(content, indent=2) + "\n"

    def as_html(self) -> str:
        """One HTML page for the experiment's folder, which asks the network for nothing."""
        environment = Environment(
            loader=PackageLoader("emtvb.paper", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True,
        )  # fmt: skip
        environment.globals.update(
            interval=_interval, colour=badge_class, word=_badge_anchor, short=_short, row_of=_forest_row,
            axis=_axis_ticks, curve=_curve_points, number=_number, link=quote, neighbours=_neighbours,
            beside=_beside,
        )  # fmt: skip
        environment.filters["formula"] = formula_markup
        script = environment.loader.get_source(environment, "stated.js")[0] if environment.loader else ""
        paper = claims.load_claims()
        authors, _, title = paper.paper.partition(": ")
        return environment.get_template("stated.html.j2").render(
            stated=self, authors=authors, title=title.rpartition(", arXiv")[0] or title, paper=paper, kinds=self.kinds,
            tallies=self._tallies(), opening=self._opening(), titles=TITLES, anchors=ANCHORS, about=_ABOUT,
            badges=[badge for badge in BADGES if any(result.finding.badge == badge for result in self.results)],
            errs=_errs(self.results),
            script=script, script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )  # fmt: skip

    def as_markdown(self) -> str:
        """The same as Markdown, an anchor for each claim."""
        paper, tallies = claims.load_claims(), self._tallies()
        lines = [f"# {self.title}", "", f"Of [{paper.paper}]({paper.link}).", ""]
        lines += [f"- **{TITLES[kind]}.** {sentence}" for kind, sentence in self._opening().items()]
        for kind, some in self.kinds.items():
            tally = "; ".join(f"**{badge}**: {count}" for badge, count in tallies[kind].items())
            lines += ["", f"## {TITLES[kind]}", "", f"{_ABOUT[kind]} Counted: {tally}.", ""]
            lines.append(markdown.table(_COLUMNS, map(_as_row, some)))
        if self.results:
            rules = {result.criterion.rule: result.claim.group for result in self.results}
            lines += ["", _errs(self.results), "", "## Rules", ""]
            lines += [f"- {group}: {markdown.cell(rule)}" for rule, group in rules.items()]
        return "\n".join(lines).rstrip("\n") + "\n"


_KEYS = (
    "name", "group", "source", "quote", "statement", "published", "ours", "interval", "seeds", "networks", "rule",
    "verdict", "because", "files", "value", "printed", "margin", "operationalisation", "reason", "bar", "neighbours",
    "strata", "rows", "tendency", "universality", "kind", "badge", "beside",
)  # fmt: skip
"""Of each claim in JSON, in this order."""
_COLUMNS = (
    "claim", "source", "published", "ours", "95% interval", "seeds", "answer", "tendency", "universality",
    "because", "why this bar", "at other bars", "in bases of ours",
)  # fmt: skip


def _as_entry(result: ClaimResult) -> dict[str, object]:
    """A claim's entry in JSON: the fields of all parts of the result side by side."""
    fields = {name: value for part in asdict(result).values() for name, value in part.items()}
    fields |= {"kind": result.claim.kind, "badge": result.finding.badge}
    return {key: fields[key] for key in _KEYS}


def _as_row(result: ClaimResult) -> tuple[str, ...]:
    """A claim's row in Markdown, a cell for each of the columns."""
    claim, criterion, finding = result.claim, result.criterion, result.finding
    ours = f" *{criterion.operationalisation}*" if criterion.operationalisation else ""
    return (
        f'<a id="{claim.name}"></a>{claim.statement}{ours}', claim.source, claim.published, finding.ours or "none",
        _interval(result) or "none", str(finding.seeds), f"**{finding.badge}**", finding.tendency or "not asked",
        finding.universality or "not asked", finding.because, criterion.reason or "not asked",
        _neighbours(result) or "not asked", _beside(result) or "not asked",
    )  # fmt: skip


_MINUS = " \N{MINUS SIGN} "
_SYMBOLS = {"Psi": "Ψ", "Phi": "Φ", "pi": "π"}


def formula_markup(text: str) -> Markup:
    """A sentence with formulas set, like ``|Psi* h|``, and ``**words**`` in bold."""
    sentence = str(escape(text))
    sentence = re.sub(r"\|([^|]*\b(?:Psi|Phi)\b[^|]*)\|", lambda norm: f"‖{norm[1].replace(' - ', _MINUS)}‖", sentence)
    sentence = re.sub(r"\b(Psi|Phi)\b", lambda name: _SYMBOLS[name[1]], sentence)
    sentence = re.sub(r"(?<=counting as )pi\b|(?<=matrix of )pi\b", "π", sentence)
    sentence = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", sentence)  # as captions have their first words
    sentence = sentence.replace("Ψ*", "Ψ<sup>*</sup>")
    return Markup(re.sub(r"\bW_(hh|uh|r)\b", r"<var>W</var><sub>\1</sub>", sentence))


def badge_class(badge: str) -> str:
    """The class of a badge on the page."""
    return _COLOURS[badge]


def _answer_in_short(results: Sequence[ClaimResult]) -> str:
    """Claims of one kind in short: for how many most and all networks do as they say, or how many are consistent."""
    asked = [result.finding for result in results if result.finding.tendency]
    if asked:
        most = [finding for finding in asked if finding.tendency == "yes"]
        exceptions = sum(finding.universality == "no" for finding in most)
        unclear = sum(finding.tendency == "not determined" for finding in asked)
        every = f" Of these {exceptions} do{'es' * (exceptions == 1)} not hold for all." if exceptions else ""
        unknown = f" Of {unclear} our networks cannot tell." if unclear else ""
        return f"Of {len(asked)} statements {len(most)} hold{'s' * (len(most) == 1)} for most networks.{every}{unknown}"
    number = Counter(result.finding.verdict for result in results)
    open_values = len(results) - number["consistent"] - number["inconsistent"]
    unclear_values = f"; for {open_values} our seeds cannot tell" if open_values else ""
    consistent = f"{number['consistent']} of {len(results)} are consistent with our runs"
    not_so = f"{number['inconsistent'] or 'None'} {'are' if number['inconsistent'] > 1 else 'is'} inconsistent"
    return f"{consistent}. {not_so}{unclear_values}."


def _errs(results: Sequence[ClaimResult]) -> str:
    ruled = [result for result in results if result.finding.verdict in ("consistent", "inconsistent")]
    shares = sum(bool(result.evidence.strata) for result in ruled)
    return _ERRS + (_ERRS_BY_RULE.format(count=shares, often=max(round(1 / (0.025 * shares)), 1)) if shares else "")


@dataclass(frozen=True)
class _Row:
    """A row of a forest plot, places in percent of its width; None where there is nothing."""

    printed: float
    margin: tuple[float, float]
    ours: float | None
    interval: tuple[float, float] | None


def _percent_of_axis(group: str, value: float) -> float:
    """Where a value lies on its axis, in percent of the axis' length."""
    low, high = _ERRORS if group == "spectral error" else _ACCURACIES
    if group == "spectral error":
        low, high, value = (math.log(max(x, 1e-9)) for x in (low, high, value))
    return round(min(max((value - low) / (high - low), 0), 1) * 100, 2)


def _forest_row(result: ClaimResult) -> _Row | None:
    """A published value, its margin, our value and what 20 seeds like ours would print; None where it is ``---``."""
    claim, margin, finding = result.claim, result.criterion.margin, result.finding
    if claim.printed is None or margin is None:
        return None
    at = [_percent_of_axis(claim.group, value) for value in (claim.printed, *margin)]
    ours = None if finding.value is None else _percent_of_axis(claim.group, finding.value)
    ends = None if finding.interval is None else tuple(_percent_of_axis(claim.group, end) for end in finding.interval)
    return _Row(at[0], (at[1], at[2]), ours, (ends[0], ends[1]) if ends else None)


def _axis_ticks(group: str) -> list[tuple[float, str]]:
    """The ticks of an axis: where, in percent of its length, and what."""
    return [(_percent_of_axis(group, value), label) for value, label in _TICKS[group]]


class _Point(NamedTuple):
    """A point of a curve: across and up in percent, its bar and its share in words."""

    across: float
    up: float
    bar: str
    share: str


def _curve_points(stratum: Stratum) -> list[_Point]:
    """A curve's points. Bars stand side by side."""
    last = max(len(stratum.curve) - 1, 1)
    return [
        _Point(100 * i / last, 100 * share, _number(bar), f"{share:.0%}")
        for i, (bar, share) in enumerate(stratum.curve)
    ]


def _neighbours(result: ClaimResult) -> str:
    """What is said of a claim at its bar and at others, those together at which the same is said."""
    by_answer = itertools.groupby(result.evidence.neighbours, key=lambda at: at[1])
    runs = [(said, [bar for bar, _ in of]) for said, of in by_answer]
    return "; ".join(
        f"{_number(bars[0])}{f' to {_number(bars[-1])}' if len(bars) > 1 else ''}: {said}" for said, bars in runs
    )


def _beside(result: ClaimResult) -> str:
    """For how many networks a statement holds in other bases."""
    return "; ".join(f"{basis}: {count}" for basis, count in result.evidence.beside)


def _interval(result: ClaimResult) -> str:
    """A finding's interval, to the digits of its value."""
    group, finding = result.claim.group, result.finding
    if finding.interval is None:
        return ""
    form = {"spectral error": "{:.4f}", "accuracy": "{:.2f}"}.get(group, "{:.0%}")
    if "off" in finding.ours.split():  # a distance
        form = "{:+.3f}" if group == "whole" else "{:.4f}"
    return " to ".join(form.format(end) for end in finding.interval)


def _short(claim: StatedClaim) -> str:
    """What a claim is called in a list: a short sentence, its name in words, or its cell."""
    if claim.name.startswith("table1-"):
        return claim.source.partition(": ")[2]
    short = {statement.name: statement.short for statement in claims.load_claims().statements}
    return short.get(claim.name) or claim.name.replace("-", " ")


def _number(value: float) -> str:
    return f"{value:g}"


def _badge_anchor(badge: str) -> str:
    """A badge as an anchor."""
    return badge.replace(",", "").replace(" ", "-")
