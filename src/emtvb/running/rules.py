"""The workflow's rules as text: what of a rule can change what its jobs make, and which script it runs.

Rules are read token by token, as Python's own tokenizer cuts them, so comments and line breaks can stand anywhere.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from emtvb.errors import InputError

_CANNOT_MATTER = frozenset(
    {
        "benchmark", "conda", "default_target", "group", "localrule", "log", "message", "priority", "resources",
        "retries", "threads",
    }
)  # fmt: skip
"""Directives of a rule that say where, when and how loudly it runs: no output depends on them."""

_SILENT = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.ENCODING})
_OPENING, _CLOSING = "([{", ")]}"


class Rule(NamedTuple):
    """A rule.

    Attributes:
        name: Its name.
        text: What can matter of it, in normal form.
        script: The file that its jobs run; None for a rule that only collects.
        outputs: The wildcards in its outputs, sorted; None where it has none.
        reads: Its input directive as it stands there, in parentheses; empty where it has none.
        makes: The same of its output directive.
    """

    name: str
    text: str
    script: Path | None
    outputs: tuple[str, ...] | None
    reads: str = ""
    makes: str = ""


def read_rules(root: Path) -> dict[str, Rule]:
    """All rules of the workflow below a clone's root, by name, in the order of their files.

    Raises:
        InputError: Where a rule runs something that is not a script whose path stands there.
    """
    files = [root / "Snakefile", *sorted((root / "workflow" / "rules").glob("*.smk"))]
    return {rule.name: rule for file in files if file.is_file() for rule in _rules(file)}


def read_names(root: Path) -> dict[str, str]:
    """What files of rules name outside of rules, but for what all share: by name, the text of its value."""
    files = sorted((root / "workflow" / "rules").glob("*.smk"))
    return dict(found for file in files if file.name != "common.smk" for found in _names(file))


def _names(file: Path) -> Iterator[tuple[str, str]]:
    """``NAME = value`` at the margin of a file."""
    tokens = _read(file)
    for i, token in enumerate(tokens[:-2]):
        if token.type == tokenize.NAME and token.start[1] == 0 and tokens[i + 1].string == "=":
            length = next(n for n, later in enumerate(tokens[i:]) if later.type == tokenize.NEWLINE)
            yield token.string, _source(file, tokens[i + 2 : i + length])


def _read(file: Path) -> list[tokenize.TokenInfo]:
    try:
        return [token for token in _tokens(file) if token.type not in _SILENT]
    except (tokenize.TokenError, SyntaxError, UnicodeDecodeError) as error:
        raise InputError("rules", str(file), f"cannot be read ({error})") from None


def _source(file: Path, tokens: list[tokenize.TokenInfo]) -> str:
    """The text of a file from the first to the last of these tokens, in parentheses."""
    words = [token for token in tokens if token.type not in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)]
    if not words:
        return ""
    (first, start), (last, end) = words[0].start, words[-1].end
    lines = file.read_text("utf-8").splitlines()[first - 1 : last]
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    return "(" + "\n".join(lines) + "\n)"


def _rules(file: Path) -> Iterator[Rule]:
    """The rules of one file."""
    tokens = _read(file)
    for i, token in enumerate(tokens):
        begins = i == 0 or tokens[i - 1].type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        if begins and token.string in ("rule", "checkpoint") and [t.string for t in tokens[i + 2 : i + 3]] == [":"]:
            yield _rule(file, tokens[i + 1].string, _block(tokens[i + 3 :]))


def _tokens(file: Path) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(io.StringIO(file.read_text("utf-8")).readline)


def _block(tokens: list[tokenize.TokenInfo]) -> list[tokenize.TokenInfo]:
    """The tokens of the indented block that comes next."""
    depth = 0
    for i, token in enumerate(tokens):
        depth += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
        if depth == 0 and token.type != tokenize.NEWLINE:
            return tokens[:i]
    return tokens


def _rule(file: Path, name: str, block: list[tokenize.TokenInfo]) -> Rule:
    directives = dict(_directives(block))
    kept = [f"{key}: {_normal(value)}" for key, value in directives.items() if key not in _CANNOT_MATTER]
    script = None
    if "script" in directives:
        path = _string(directives["script"])
        script = (file.parent / path).resolve() if path else None
        if script is None or not script.is_file():
            remedy = (
                "write its path as one plain string; nothing else can be followed" if path is None else "no such file"
            )
            raise InputError(f"rule {name}: script", _normal(directives["script"]), remedy)
    for other in ("run", "notebook", "wrapper", "cwl"):
        if other in directives:
            raise InputError(f"rule {name}", other, "what it runs cannot be known by reading it; use script")
    outputs = None
    if "output" in directives:
        texts = [token.string for token in directives["output"] if token.type == tokenize.STRING]
        outputs = tuple(sorted({found for text in texts for found in _wildcards(text)}))
    reads, makes = (_source(file, directives.get(part, [])) for part in ("input", "output"))
    return Rule(name, "\n".join(kept), script, outputs, reads, makes)


def _directives(block: list[tokenize.TokenInfo]) -> Iterator[tuple[str, list[tokenize.TokenInfo]]]:
    """A rule's directives: name and tokens."""
    inner = [token for token in block if token.type not in (tokenize.INDENT, tokenize.DEDENT)]
    name, depth, begins = "", 0, True
    value: list[tokenize.TokenInfo] = []
    for i, token in enumerate(inner):
        depth += (token.string in _OPENING) - (token.string in _CLOSING) if token.type == tokenize.OP else 0
        at_margin = token.start[1] == block[0].end[1] if block and block[0].type == tokenize.INDENT else begins
        follows = inner[i + 1].string if i + 1 < len(inner) else ""
        if begins and depth == 0 and at_margin and token.type == tokenize.NAME and follows == ":":
            if name:
                yield name, value
            name, value = token.string, []
        elif name and not (token.string == ":" and not value):
            value.append(token)
        begins = token.type == tokenize.NEWLINE
    if name:
        yield name, value


def _normal(tokens: list[tokenize.TokenInfo]) -> str:
    """Tokens as text that does not depend on quotes, line breaks, or a comma at the end."""
    words = [_value(token) for token in tokens if token.type != tokenize.NEWLINE]
    while words and words[-1] == ",":
        words.pop()
    return " ".join(
        word for i, word in enumerate(words) if not (word == "," and words[i + 1 : i + 2] in ([")"], ["]"]))
    )


def _value(token: tokenize.TokenInfo) -> str:
    if token.type != tokenize.STRING:
        return token.string
    try:
        return repr(ast.literal_eval(token.string))
    except (SyntaxError, ValueError):  # an f-string
        return token.string


def _string(tokens: list[tokenize.TokenInfo]) -> str | None:
    """The one plain string that these tokens are, or None."""
    words = [token for token in tokens if token.type != tokenize.NEWLINE and token.string != ","]
    if len(words) != 1 or words[0].type != tokenize.STRING:
        return None
    try:
        value = ast.literal_eval(words[0].string)
    except (SyntaxError, ValueError):
        return None
    return value if isinstance(value, str) else None


def _wildcards(text: str) -> list[str]:
    """The names in braces in a string of a rule's output."""
    return [part.partition("}")[0] for part in text.split("{")[1:] if part.partition("}")[0].isidentifier()]
