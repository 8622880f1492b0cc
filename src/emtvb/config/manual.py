"""The manual of configs, written from the models: ``docs/config.md`` and ``docs/config.schema.json``."""

from __future__ import annotations

import json

from pydantic.fields import FieldInfo

from emtvb.config.experiment import (
    ArchitecturesSettings,
    ExemplarSettings,
    Experiment,
    InterpretationSettings,
    TaskSettings,
    TrainingSettings,
)
from emtvb.config.values import Settings


def as_schema() -> str:
    """The JSON schema of a config file, for editors."""
    return json.dumps(Experiment.model_json_schema(), indent=2) + "\n"


def as_markdown() -> str:
    """A page that explains every key."""
    lines = [
        "# Config keys",
        "",
        "Written by `emtvb config docs docs` from `emtvb.config`. Keys without a default must be given.",
    ]
    for title, model in (
        ("An experiment", Experiment),
        ("An entry of `tasks`, for a task of one's own", TaskSettings),
        ("`training`", TrainingSettings),
        ("`interpretation`", InterpretationSettings),
        ("`exemplar`", ExemplarSettings),
        ("`architectures`", ArchitecturesSettings),
    ):
        lines += ["", f"## {title}", "", _flowing(model.__doc__), "", "| key | default | meaning |", "|---|---|---|"]
        for key, field in model.model_fields.items():
            lines.append(f"| `{key}` | {_default(field)} | {_flowing(field.description)} |")
    return "\n".join(lines) + "\n" + _WRITING


_WRITING = """
## How a config is written

A file is YAML or JSON in UTF-8. These are refused: a key that stands twice, numbers that are not in decimal digits
(YAML takes `010` for 8 and `12:30` for 750), and lists nested thousands deep. Networks are trained in single precision,
and torch uses 32 bits of a seed. So two different numbers in a file can mean the same network; they are refused, too.

`emtvb config check FILE`, or `make config CONFIG=FILE`, says in one line what is wrong. `make reproduce`, `make
figures` and `make report` check the config in the same way before they start.

`snakemake --config KEY=VALUE` changes a key for one call: `--config seeds=[1,2]`. A key inside a section is written
with the section, in quotes: `--config 'training={batch_size: 32, epochs: 2}'`; the section's other keys stay as they
are. If a key is given twice, Snakemake takes the last. Snakemake itself refuses a key without `=`, with `:`, or with a
dot in it (`training.batch_size=32`), and prints a page of its usage. Write what is to be made before `--configfile`:
Snakemake takes every word after it for another file.

If you call Snakemake directly, it reads the file of `--configfile` before anything of ours runs. If the file is
missing, is a folder, is not UTF-8 or is not YAML, Snakemake prints some thirty lines, and the last one names the fault.
`emtvb config check` says it in one.

Commit a config of your own before you run it, or keep it outside of the clone's `config/`. Otherwise the record of each
job says that it ran on files that were not committed, and an audit warns of that.
"""


def _flowing(text: str | None) -> str:
    """A text without line breaks."""
    return " ".join((text or "").split())


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    return "see below" if isinstance(field.default, Settings) else f"`{json.dumps(field.default)}`"
