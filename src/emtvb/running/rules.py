"""The workflow's rules as text: what of a rule can change what its jobs make, and which script it runs.

Rules are read token by token, as Python's own tokenizer cuts them, so comments and line breaks can stand anywhere. What
makes jobs in another way than by a rule with a script, such as a rule that is made from another one or included from
elsewhere, is refused.
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
        InputError: Where a rule runs something that is not a script whose path stands there, or is not read here.
    """
    files = [root / "Snakefile", *sorted((root / "workflow" / "rules").glob("*.smk"))]
    found: dict[str, Rule] = {}
    for file in files:
        for rule in _rules(file, root) if file.is_file() else ():
            if rule.name in found:
                raise InputError(f"rule {rule.name}", file.name, "there are two of this name; give each its own")
            found[rule.name] = rule
    return found


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


def _rules(file: Path, root: Path) -> Iterator[Rule]:
    """The rules of one file."""
    tokens = _read(file)
    for i, token in enumerate(tokens):
        begins = i == 0 or tokens[i - 1].type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        if not begins or token.type != tokenize.NAME:
            continue
        following = [later.string for later in tokens[i + 1 : i + 3]]
        if token.string in ("rule", "checkpoint") and following[1:] == [":"]:
            yield _rule(file, tokens[i + 1].string, _block(tokens[i + 3 :]))
        _refuse_what_is_not_read(file, root, token, following, tokens[i + 2 :])


def _refuse_what_is_not_read(
    file: Path, root: Path, token: tokenize.TokenInfo, following: list[str], later: list[tokenize.TokenInfo]
) -> None:
    """Raise InputError where a statement makes rules that are not read here, or hides one."""
    where = f"{file.name}, line {token.start[0]}"
    if token.string in ("rule", "checkpoint") and following[:1] == [":"]:
        raise InputError(where, f"{token.string}:", "give it a name, by which its recipe is found")
    if (token.string == "use" and following[:1] == ["rule"]) or (token.string == "module" and following[1:] == [":"]):
        raise InputError(where, " ".join([token.string, *following]), "write the rule out; no other way is read")
    if token.string == "include" and following[:1] == [":"]:
        end = next((i for i, t in enumerate(later) if t.type == tokenize.NEWLINE and i > 0), len(later))
        path = _string([t for t in later[:end] if t.type not in (tokenize.INDENT, tokenize.DEDENT)])
        place = (file.parent / path).resolve() if path else None
        if place is None or place.parent != (root / "workflow" / "rules").resolve() or place.suffix != ".smk":
            remedy = "name a .smk file of workflow/rules as one plain string; no other is read"
            raise InputError(where, f"include {_normal(later[:end])}", remedy)


def _tokens(file: Path) -> Iterator[tokenize.TokenInfo]:
    """A file's tokens, an f-string as one, which later Pythons cut into pieces."""
    text = file.read_text("utf-8")
    lines = text.splitlines(keepends=True)
    depth, first = 0, None
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = tokenize.tok_name[token.type]
        if kind.endswith("STRING_START"):
            first = token if depth == 0 else first
            depth += 1
        elif kind.endswith("STRING_END"):
            depth -= 1
            if depth == 0 and first is not None:
                (row, begin), (last_row, end) = first.start, token.end
                part = lines[row - 1 : last_row]
                part[-1] = part[-1][:end]
                part[0] = part[0][begin:]
                yield tokenize.TokenInfo(tokenize.STRING, "".join(part), first.start, token.end, first.line)
        elif depth == 0:
            yield token


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
    if not directives:
        raise InputError(f"rule {name}", file.name, "nothing of it can be read; give each directive a line of its own")
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
    for other in ("run", "notebook", "wrapper", "cwl", "shell", "template_engine"):
        if other in directives:
            raise InputError(f"rule {name}", other, "what it runs cannot be known by reading it; use script")
    if "name" in directives:
        raise InputError(f"rule {name}", "name", "write its name behind the word rule")
    outputs = None
    if "output" in directives:
        params = directives.get("params", [])
        if script is None or not _hands_its_recipe(name, params):
            remedy = f'give it a script, and params: recipe=recipe("{name}"); of other params, constants alone are read'
            raise InputError(f"rule {name}: params", _normal(params) or "none", remedy)
        texts = [token.string for token in directives["output"] if token.type == tokenize.STRING]
        outputs = tuple(sorted({found for text in texts for found in _wildcards(text)}))
    reads, makes = (_source(file, directives.get(part, [])) for part in ("input", "output"))
    return Rule(name, "\n".join(kept), script, outputs, reads, makes)


def _hands_its_recipe(name: str, params: list[tokenize.TokenInfo]) -> bool:
    """Whether a rule's params are its recipe, and what else there is stands there as it is."""
    words = _normal(params)
    call = f"recipe = recipe ( {name!r} )"
    rest = [token for token in params if token.type not in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)]
    others = [
        token.string
        for i, token in enumerate(rest)
        if token.type == tokenize.NAME and [after.string for after in rest[i + 1 : i + 2]] != ["="]
    ]
    return call in words and {*others} <= {"recipe", "True", "False", "None"} and others.count("recipe") == 1


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
