"""The manual of configs, config.md and workflow/schemas/config.schema.yaml: run ``.venv/bin/python docs/manual.py``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from pydantic.fields import FieldInfo

from emtvb import markdown
from emtvb.config.experiment import (
    ArchitecturesSettings,
    ExemplarSettings,
    Experiment,
    FollowSettings,
    InterpretationSettings,
    Sweep,
    TaskSettings,
    TrainingSettings,
)
from emtvb.config.values import Settings
from emtvb.experiments import kinds
from emtvb.experiments.streams.settings import EpisodeSettings, PlateauSettings, StreamSettings, StreamTraining
from emtvb.files import write_text

ROOT = Path(__file__).parents[1]


def as_schema() -> str:
    """The JSON schema of a config file, for editors and Snakemake's catalog, which reads no references."""
    schema = _resolved(Sweep)
    ways = [schema["required"]]
    for kind in kinds.with_sections():
        properties = _resolved(kind)["properties"]
        own = [key for key in kind.model_fields if key not in Sweep.model_fields]
        schema["properties"] |= {key: properties[key] for key in own}
        ways.append(["experiment", *own])
    schema |= {"description": "A config file.", "required": ["experiment"]}
    schema["anyOf"] = [{"required": way} for way in ways]
    return "# Written by docs/manual.py.\n" + yaml.safe_dump(schema, sort_keys=False, width=120)


def _resolved(settings: type[Experiment]) -> dict[str, Any]:
    """The JSON schema of settings, each section in the place of the references to it."""
    schema = settings.model_json_schema()
    sections = schema.pop("$defs")
    while "$ref" in (text := json.dumps(schema)):
        schema = json.loads(text, object_hook=lambda part: _inlined(part, sections))
    return json.loads(text, object_hook=lambda part: _standard(_inlined(part, sections)))


def _inlined(part: dict[str, Any], sections: dict[str, Any]) -> dict[str, Any]:
    """A part of a schema with a section in place of a reference to it, and one type list where null is allowed too."""
    section = sections.get(str(part.pop("$ref", "")).rpartition("/")[2], {})
    match part.get("anyOf"):
        case [{"type": str(name), **bounds}, {"type": "null"}]:
            del part["anyOf"]
            section = {"type": [name, "null"], **bounds}
    return {**section, **part}


def _standard(part: dict[str, Any]) -> dict[str, Any]:
    """A part of a schema with the standard's names of bounds, without titles, and with descriptions of one line."""
    if isinstance(part.get("description"), str):
        part["description"] = " ".join(part["description"].split())
    names = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
    return {names.get(key, key): value for key, value in part.items() if key != "title"}


def as_markdown() -> str:
    """A page that explains every key."""
    lines = [
        "# Config keys",
        "",
        "Written by `docs/manual.py` from the classes that read a config. Keys without a default must be given.",
    ]
    for title, model in (
        ("An experiment", Sweep),
        ("An entry of `tasks`, for a task of one's own", TaskSettings),
        ("`training`", TrainingSettings),
        ("`interpretation`", InterpretationSettings),
        ("`exemplar`", ExemplarSettings),
        ("`architectures`", ArchitecturesSettings),
        ("An entry of `follow`", FollowSettings),
        ("An entry of `streams`", StreamSettings),
        ("Of streams, `episodes`", EpisodeSettings),
        ("Of streams, `training`", StreamTraining),
        ("Of streams, `plateau` in `training`", PlateauSettings),
    ):
        keys = [(f"`{key}`", _default(field), field.description or "") for key, field in model.model_fields.items()]
        table = markdown.table(["key", "default", "meaning"], keys)
        lines += ["", f"## {title}", "", markdown.cell(model.__doc__ or ""), "", table]
    return "\n".join(lines) + "\n" + _WRITING


_WRITING = """
## How a config is written

A file is YAML or JSON in UTF-8. These are refused: a key that stands twice, and numbers that are not in decimal digits
(YAML takes `010` for 8 and `12:30` for 750). Networks are trained in single precision, and torch uses 32 bits of a
seed. So two different numbers in a file can mean the same network; they are refused, too.

`emtvb config check FILE`, or `make config CONFIG=FILE`, says in one line what is wrong. `make reproduce`, `make
figures` and `make report` check the config in the same way before they start. Editors that know JSON schemas of YAML
files complete and check the keys by `workflow/schemas/config.schema.yaml`, which the first line of each file in
`config/` names. A schema cannot say all: whether a task id is a task, or an exemplar is in the sweep.

`snakemake --config KEY=VALUE` changes a key for one call: `--config seeds=[1,2]`. A key inside a section is written
with the section, in quotes: `--config 'training={batch_size: 32, epochs: 2}'`; the section's other keys stay as they
are. If a key is given twice, Snakemake takes the last. Snakemake itself refuses a key without `=`, with `:`, or with a
dot in it (`training.batch_size=32`), and prints a page of its usage. Write what is to be made before `--configfile`:
Snakemake takes every word after it for another file.

If you call Snakemake directly, it reads the file of `--configfile` itself, and prints some thirty lines where it
cannot; the last one names the fault.
"""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    return "see below" if isinstance(field.default, Settings) else f"`{json.dumps(field.default)}`"


if __name__ == "__main__":
    write_text(ROOT / "docs" / "config.md", as_markdown())
    write_text(ROOT / "workflow" / "schemas" / "config.schema.yaml", as_schema())
