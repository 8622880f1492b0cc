"""How a config file is read: YAML in UTF-8, refused where it can be read in two ways."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from emtvb.config.values import first_repeated
from emtvb.errors import InputError
from emtvb.runs import number

try:  # libyaml's is ten times as fast
    from yaml import CSafeLoader as _Loader
except ImportError:
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

_MOST_BYTES = 2**23
"""Of a config file: some hundred thousand seeds."""


def read(path: Path | str) -> Any:
    """What a config file holds, be it an experiment or not.

    Raises:
        InputError: Where it cannot be read, is no YAML, or can be read in two ways (:class:`Strict`).
    """
    if not str(path):
        raise InputError("config file", '""', "name a file")
    try:
        about = Path(path).stat()
        if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
            raise InputError("config file", str(path), "a device or a pipe; name a file")
        if about.st_size > _MOST_BYTES:
            size = f"{about.st_size / 2**20:.0f} MiB"
            raise InputError("config file", str(path), f"{size}, and so no config; name a file of a few lines")
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise InputError(
            "config file", str(path), f"not text in UTF-8 (byte {error.start} is {byte:#04x}); save it as UTF-8"
        ) from None
    except OSError as error:
        raise InputError("config file", str(path), f"cannot be read ({error.strerror}); name a file") from None
    except InputError:
        raise
    except ValueError as error:  # a NUL in its name
        raise InputError("config file", repr(str(path)), f"cannot be read ({error}); name a file") from None
    return _parse(text, str(path))


def _parse(text: str, where: str) -> Any:
    try:
        return yaml.load(text, Strict)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        from emtvb.config.refusal import of_yaml

        raise of_yaml(error, where) from None


class Strict(_Loader):
    """YAML that can be read in one way only.

    The standard lets the last of two equal keys win in silence; YAML 1.1 takes 010 for 8, 12:30 for 750 and 1_0 for 10.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping, if its keys differ."""
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.YAMLError(f"a key is no name, at line {key.start_mark.line + 1}")
        keys = [key.value for key, _ in node.value]
        repeated = first_repeated(keys)
        if repeated is not None:
            last = len(keys) - 1 - keys[::-1].index(repeated)
            raise yaml.YAMLError(f"the key {repeated} occurs twice, at line {node.value[last][0].start_mark.line + 1}")
        return super().construct_mapping(node, deep)

    def construct_number(self, node: yaml.ScalarNode) -> Any:
        """A number, if it is written in decimal digits."""
        plain = node.tag == _INT and re.fullmatch(r"[-+]?(0|[1-9][0-9]*)", node.value)
        if plain or (node.tag == _FLOAT and not {":", "_"} & set(node.value)):
            return self.construct_yaml_int(node) if plain else self.construct_yaml_float(node)
        value = self.construct_yaml_int(node) if node.tag == _INT else self.construct_yaml_float(node)
        raise yaml.YAMLError(
            f"{node.value} at line {node.start_mark.line + 1} would be read as {number(value)}; "
            "write numbers in decimal digits, and text in quotes"
        )


_INT, _FLOAT = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"
for _tag in (_INT, _FLOAT):
    Strict.add_constructor(_tag, Strict.construct_number)


def reread(value: Any) -> Any:
    """A value of Snakemake's ``--config``, which hands over what stands inside lists and mappings as text.

    Raises:
        InputError: Where it can be read in two ways, or in none.
    """
    if isinstance(value, str):
        return _parse(value, "--config")
    if isinstance(value, list):
        return [reread(entry) for entry in value]
    if isinstance(value, Mapping):
        return {key: reread(entry) for key, entry in value.items()}
    return value
