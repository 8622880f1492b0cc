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
(YAML takes `010` for 8 and `12:30` for 750), and lists nested thousands deep. Networks are trained in
single precision, and torch draws from 32 bits of a seed: numbers that would train the same as others are refused, too.

`emtvb config check FILE`, or `make config CONFIG=FILE`, says in one line what is wrong. If a size is too large for
this machine's memory, it says which size would fit. `make reproduce`, `make figures` and `make report` ask it first.

For one call, `--config` changes keys: `--config seeds=[1,2]`. A key inside another is written with its section, in
quotes: `--config 'training={batch_size: 32, epochs: 2}'`; the section's other keys stay as they are. Of a key that is
given twice, Snakemake takes the last. A key without `=`, with `:`, or with a dot in it (`training.batch_size=32`) is
refused by Snakemake itself, with a page of its usage.
`--configfile` takes every word that follows it for a file: name what is to be made before it.

Where Snakemake is called directly, it reads `--configfile` before anything of ours runs: if the file is missing, is
a folder, is not UTF-8 or is not YAML, it prints some thirty lines, and the last one names the fault. `emtvb config
check` says it in one. Whether a run fits into memory is asked where jobs run: here, or on a cluster by each job; a dry
run compares with the machine that it is called on.

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
