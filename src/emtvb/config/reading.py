"""How a config file is read: YAML in UTF-8, refused where it can be read in two ways."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from emtvb.errors import InputError
from emtvb.theory.runs import shortest_number

try:  # libyaml's is ten times as fast
    from yaml import CSafeLoader as _Loader
except ImportError:
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]


def read_config(path: Path | str) -> Any:
    """What a config file holds, be it an experiment or not.

    Raises:
        InputError: Where it cannot be read, is no YAML, or can be read in two ways (:class:`Strict`).
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")  # a byte order mark is no part of the text
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError("config file", str(path), f"cannot be read ({reason}); name a YAML file in UTF-8") from None
    return _parse(text, str(path))


def _parse(text: str, where: str) -> Any:
    try:
        return yaml.load(text, Strict)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: 2024-13-45 is read as a date
        raise InputError("config file", where, f"cannot be read: {error}") from None


class Strict(_Loader):
    """YAML that can be read in one way only.

    The standard lets the last of two equal keys win in silence; YAML 1.1 takes 010 for 8, 12:30 for 750 and 1_0 for 10.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping, if its keys differ."""
        keys: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in keys:
                raise yaml.YAMLError(f"the key {key.value} occurs twice, at line {key.start_mark.line + 1}")
            keys.add(str(key.value))
        return super().construct_mapping(node, deep)

    def construct_number(self, node: yaml.ScalarNode) -> Any:
        """A number, if it is written in decimal digits."""
        plain = node.tag == _INT and re.fullmatch(r"[-+]?(0|[1-9][0-9]*)", node.value)
        value = self.construct_yaml_int(node) if node.tag == _INT else self.construct_yaml_float(node)
        if plain or (node.tag == _FLOAT and not {":", "_"} & set(node.value)):
            return value
        raise yaml.YAMLError(
            f"{node.value} at line {node.start_mark.line + 1} would be read as {shortest_number(value)}; "
            "write numbers in decimal digits, and text in quotes"
        )


_INT, _FLOAT = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"
for _tag in (_INT, _FLOAT):
    Strict.add_constructor(_tag, Strict.construct_number)


def reread_value(value: Any) -> Any:
    """A value of Snakemake's ``--config``, which hands over what stands inside lists and mappings as text.

    Raises:
        InputError: Where it can be read in two ways, or in none.
    """
    if isinstance(value, str):
        return _parse(value, "--config")
    if isinstance(value, list):
        return [reread_value(entry) for entry in value]
    if isinstance(value, Mapping):
        return {key: reread_value(entry) for key, entry in value.items()}
    return value
