"""What is said of the paper's claims in words: titles, sentences, rules, and values as the paper prints them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from emtvb.paper import significance
from emtvb.paper.claims import Condition, Measure, Moment, Rules, SkippedCell, Statement, in_words


def as_printed(value: float, measure: Measure) -> str:
    """A number with as many digits as the paper prints; ``---`` for NaN, where there is none."""
    return f"{value:.{significance.DIGITS[measure]}f}".replace("nan", "---")


def cell_title(task: str, hidden_dim: int, l2: float) -> str:
    """What a cell of Table 1 is called: ``T1, 128 neurons, L2 0``."""
    return f"{task}, {hidden_dim} neurons, L2 {l2:g}"


def stratum_title(columns: Sequence[str], key: Sequence[Any]) -> str:
    """What a group of networks is called: ``L2 0.001``.

    Args:
        columns: What its networks have in common: ``task``, ``hidden_dim``, ``l2``.
        key: The value of each.
    """
    return ", ".join(_named(column, value) for column, value in zip(columns, key, strict=True))


def _named(column: str, value: Any) -> str:
    """A value of a column, with what it is."""
    if column == "l2":
        return f"L2 {value:g}"
    return f"{value} neurons" if column == "hidden_dim" else str(value)


def value_claimed(title: str, measure: Measure, printed: str) -> str:
    """What a printed value of Table 1 claims, in a sentence.

    Args:
        title: What its cell is called.
        measure: Which of the cell's two numbers.
        printed: The value as printed; ``---`` where no network gives an error.
    """
    if measure == "accuracy":
        return f"The mean test accuracy of {title} is {printed}."
    if printed == "---":
        return f"No network of {title} gives a spectral error."
    return f"The mean spectral error of {title} is {printed} rad."


def same_without_skipped(cell: SkippedCell) -> str:
    """What is asked of a cell to which runs belong that the paper's script skips, in a sentence."""
    title = cell_title(cell.task, cell.hidden_dim, cell.l2)
    return f"Without the skipped runs, the {cell.measure.replace('_', ' ')} of {title} prints the same."


def share_named(claim: Statement) -> str:
    """The share of networks that a claim names, if it names one."""
    if claim.at_least is None:
        return "no share named"
    return f"at least {100 * claim.at_least:g}%" + (" (our bar)" if claim.group == "check" else "")


def share_found(holds: int, networks: int, low: float, high: float) -> str:
    """For how many networks a claim holds, and from where to where its share's interval goes."""
    return f"{holds} of {networks} ({low:.0%} to {high:.0%})"


def statement_rule(claim: Statement, rules: Rules) -> str:
    """Which networks a claim speaks of, for which of them it holds, when it is consistent, and how it is answered."""
    where = f" on {', '.join(claim.tasks)}" if len(claim.tasks) < 4 else ""
    apart = f", each {_columns_in_words(claim.strata)} apart" if claim.strata else ""
    about = f"About networks with {_conditions_in_words(claim.over)}{where}{apart}"
    rule = in_words(rules.share, at_least=claim.at_least) if claim.at_least else in_words(rules.no_rule)
    holds = f"it holds for one with {_conditions_in_words(claim.holds)}"
    return f"{about}; {holds}. {rule} {in_words(rules.answers)} {since(claim.rule_since)}"


def since(rule: Moment) -> str:
    """Since when a rule has been as it is, in a sentence."""
    return f"This rule is of {rule.in_words()}."


def found_on_its_networks(rule: Moment, weights: Moment) -> str:
    """Why what would be consistent is only found.

    Args:
        rule: When the rule first stood.
        weights: When the first weights of the networks were published, which was before.
    """
    dates = f"its rule is of {rule.in_words()} and their first weights of {weights.in_words()}"
    return f"found on the networks that it is judged on, since {dates}"


def _conditions_in_words(conditions: Iterable[Condition]) -> str:
    """What several conditions demand together."""
    return " and ".join(condition.in_words() for condition in conditions)


def _columns_in_words(columns: Iterable[str]) -> str:
    """What networks are told apart by."""
    return " and ".join({"l2": "penalty", "hidden_dim": "size"}.get(column, column) for column in columns)
