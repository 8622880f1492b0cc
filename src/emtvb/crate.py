"""Experiments as a Workflow Run RO-Crate: code, outputs, and which job made which file from which.

An RO-Crate is a folder that a ``ro-crate-metadata.json`` describes to repositories and readers that have never heard of
this project (https://w3id.org/ro/crate/1.1). Ours has one action per job of the workflow, as the records tell it. What
does not lie in it is named with its sha256.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import posixpath
from collections.abc import Container, Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from rocrate.model import ComputationalWorkflow, ContextEntity, Entity
from rocrate.rocrate import ROCrate

from emtvb.running import provenance
from emtvb.running.packed import PACKED, WEIGHTS
from emtvb.running.provenance import Record
from emtvb.running.recipes import version

METADATA = "ro-crate-metadata.json"

_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
_CODE = {
    "Snakefile": "The workflow",
    "workflow": "Its rules and scripts",
    "config": "The experiments that come with it",
    "profiles": "How Snakemake is called",
    "slurm": "How it is called on a cluster",
    "src": "The Python package that computes",
    "pyproject.toml": "What the package needs",
    "constraints.txt": "The versions that it was tested with",
    "LICENSE": "The licence",
    "CITATION.cff": "How to cite",
}
_OUTPUTS = {
    "settings.json": "All settings of the experiment: the config in force, with which Snakemake can be called again",
    "runs.csv": "Which networks were trained, a row each",
    "measurements.csv": "What was measured of each network",
    "tables/*": "The paper's table, ours beside the published values",
    "verdicts.*": "What the runs say of each of the paper's claims",
}
"""What outputs are, by pattern."""
_RESULTS = "results"
_FORMATS = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".tex": "application/x-tex",
}
"""By suffix; other files are plain text."""


def describe(root: Path, experiments: Mapping[str, Mapping[Path, Record]], held: Container[str]) -> str:
    """The metadata of a clone as a crate of several experiments: its files are described where they lie.

    Args:
        root: The clone.
        experiments: Records by their path, by the name of an experiment, which lies in ``results/<name>``.
        held: The files that travel along, relative to the clone, as they stand in its commit.

    Returns:
        What :data:`METADATA` holds.
    """
    jobs: dict[str, dict[str, Record]] = {}
    lying: dict[str, tuple[str, str]] = {}
    packed: dict[str, str] = {}
    for experiment, records in experiments.items():
        jobs[experiment] = {}
        for path in sorted(records):
            record = _among_others(records[path], experiment)
            jobs[experiment][path.relative_to(root / _RESULTS).as_posix()] = record
            for name, digest in record.outputs.items():
                place = f"{_RESULTS}/{name}"
                if place in held and provenance.sha256(root / place) == digest:
                    lying[name] = digest, _described(name.partition("/")[2]) or f"Made by the rule {record.rule}"
                elif posixpath.basename(name) == WEIGHTS and posixpath.join(posixpath.dirname(place), PACKED) in held:
                    packed[name] = digest
    return _metadata(root, f"the experiments {', '.join(experiments)}", jobs, lying, packed)


def _among_others(record: Record, experiment: str) -> Record:
    """A record with paths relative to the folder in which all experiments lie."""
    inputs, outputs = (
        {posixpath.normpath(f"{experiment}/{name}"): digest for name, digest in files.items()}
        for files in (record.inputs, record.outputs)
    )
    return dataclasses.replace(record, inputs=inputs, outputs=outputs)


def _described(name: str) -> str | None:
    """What an output is, of those in :data:`_OUTPUTS`."""
    return next((about for pattern, about in _OUTPUTS.items() if fnmatch(name, pattern)), None)


def _metadata(
    folder: Path,
    title: str,
    jobs: Mapping[str, Mapping[str, Record]],
    lying: Mapping[str, tuple[str, str]],
    packed: Mapping[str, str],
) -> str:
    """A crate's metadata.

    Args:
        folder: In which its files lie.
        title: What it is of.
        jobs: Records by name, by the experiment.
        lying: Of the outputs in the crate, sha256 and description, by their path in ``results``.
        packed: Of weights that lie in it packed, the sha256, likewise.
    """
    citation = yaml.safe_load((folder / "CITATION.cff").read_text("utf-8"))
    crate = ROCrate(version="1.1")  # of which Workflow RO-Crate 1.0 is a profile
    crate.metadata.extra_terms["sha256"] = "http://schema.org/sha256"  # younger than RO-Crate 1.1
    _describe(crate, title, citation, max(record.made for of in jobs.values() for record in of.values()))
    workflow = _add_code(crate, folder, citation)
    files = {
        (name, digest): _add_file(crate, folder, f"{_RESULTS}/{name}", name, about, digest)
        for name, (digest, about) in lying.items()
    }
    for name, digest in packed.items():
        files[name, digest] = _add_absent(crate, name, digest, f"In this crate as {PACKED}, beside where it would lie.")
    mentions = []
    for experiment, records in jobs.items():
        actions = [_add_job(crate, workflow, name, record, files) for name, record in records.items()]
        mentions += [_add_run(crate, workflow, experiment, list(records.values()), files), *actions]
    crate.root_dataset["mentions"] = mentions
    content = crate.metadata.generate()
    content["@graph"] = [_compacted(entity) for entity in content["@graph"]]
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _describe(crate: ROCrate, title: str, citation: Mapping[str, Any], date: str) -> None:
    """What the crate is, by whom, under which licence, and to which profiles it keeps."""
    root = crate.root_dataset
    root["name"] = f"{citation['title']}: {title}"
    root["description"] = f"Code, settings, measurements, tables and provenance of {title}."
    root["datePublished"] = date
    root["author"] = _add_authors(crate, citation["authors"])
    licence = {"name": citation["license"], "description": "The text is in LICENSE."}
    root["license"] = _add(crate, f"https://spdx.org/licenses/{citation['license']}", "CreativeWork", **licence)
    root["citation"] = [_add_reference(crate, reference) for reference in citation["references"]]
    root["conformsTo"] = [
        _add(crate, profile, "CreativeWork", name=name, version=profile.rpartition("/")[2])
        for profile, name in _PROFILES.items()
    ]


def _add_reference(crate: ROCrate, reference: Mapping[str, Any]) -> Entity:
    """A work that is cited, by its arXiv number."""
    address = reference["identifiers"][0]["value"].replace("arXiv:", "https://arxiv.org/abs/")
    authors = _add_authors(crate, reference["authors"])
    about = {"name": reference["title"], "author": authors, "datePublished": str(reference["year"])}
    return _add(crate, address, "ScholarlyArticle", **about)


def _add_authors(crate: ROCrate, authors: Sequence[Mapping[str, str]]) -> list[Entity]:
    """Persons, or the groups of people that have one name."""
    added = []
    for author in authors:
        name = author.get("name") or f"{author['given-names']} {author['family-names']}"
        added.append(_add(crate, f"#{quote(name)}", "Organization" if "name" in author else "Person", name=name))
    return added


def _add_code(crate: ROCrate, folder: Path, citation: Mapping[str, Any]) -> Entity:
    """The workflow, which is the crate's main entity, and what it consists of."""
    properties = {
        "@type": [*ComputationalWorkflow.TYPES, "HowTo"],
        "name": citation["title"],
        "description": _CODE["Snakefile"],
        "version": citation["version"],
        "encodingFormat": "text/plain",
        "author": crate.root_dataset["author"],
        "license": crate.root_dataset["license"],
        "conformsTo": {"@id": "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"},
    }
    snakemake = version("snakemake")
    workflow = crate.add_workflow(
        folder / "Snakefile",
        "Snakefile",
        main=True,
        lang="snakemake",
        lang_version=None if snakemake == "none" else snakemake,
        properties=properties,
    )
    for name, description in _CODE.items():
        if (folder / name).is_dir():
            crate.add_dataset(dest_path=name, properties={"name": name, "description": description})
        elif name not in crate:
            _add_file(crate, folder, name, name, description)
    return workflow


def _add_file(
    crate: ROCrate, folder: Path, place: str, name: str, description: str, digest: str | None = None
) -> Entity:
    """A file that lies in the crate."""
    form = _FORMATS.get(Path(name).suffix, "text/plain")
    properties = {"name": name, "description": description, "encodingFormat": form}
    if digest:
        properties |= {"sha256": digest, "contentSize": str((folder / place).stat().st_size)}
    return crate.add_file(folder / place, place, properties=properties)


def _add_run(
    crate: ROCrate, workflow: Entity, experiment: str, jobs: Sequence[Record], files: Mapping[tuple[str, str], Entity]
) -> Entity:
    """The run of the workflow as a whole: from its first job's start to its last job's end."""
    return _add(
        crate,
        f"#run/{quote(experiment)}",
        "CreateAction",
        name=f"The run of the workflow on the experiment {experiment}",
        description=f"All {len(jobs)} jobs of which there is a record; not necessarily run in one go.",
        instrument=workflow,
        startTime=min(_started(record) for record in jobs),
        endTime=max(record.made for record in jobs),
        object=[entity for (name, _), entity in files.items() if name == f"{experiment}/settings.json"],
        result=[files[output] for record in jobs for output in record.outputs.items()],
    )


def _add_job(
    crate: ROCrate, workflow: Entity, name: str, record: Record, files: dict[tuple[str, str], Entity]
) -> Entity:
    """One job: its rule's code, what it read, what it made, when."""
    for file in (*record.inputs.items(), *record.outputs.items()):
        if file not in files:
            files[file] = _add_absent(crate, *file)
    commit = f"commit {record.commit}" if record.commit else "no commit"
    return _add(
        crate,
        f"#job/{quote(name.removesuffix(provenance.SUFFIX))}",
        "CreateAction",
        name=" ".join([record.rule, *record.wildcards.values()]),
        description=f"A job of the rule {record.rule}, from {commit}{' with uncommitted changes' * record.dirty}, "
        f"on {record.environment.get('platform')}, {record.environment.get('cpu')}.",
        instrument=_add_rule(crate, workflow, record),
        startTime=_started(record),
        endTime=record.made,
        object=[files[file] for file in record.inputs.items()],
        result=[files[file] for file in record.outputs.items()],
    )


def _add_rule(crate: ROCrate, workflow: Entity, record: Record) -> Entity:
    """A rule's code in one version, a digest of all that its script can reach; and its step of the workflow."""
    code = hashlib.sha256(json.dumps(record.recipe["code"], sort_keys=True).encode()).hexdigest()[:16]
    address = f"#rule/{record.rule}@{code}"
    if address in crate:
        return crate.get(address)
    versions = {name: number for name, number in record.recipe["versions"].items() if number != "none"}
    libraries = [_add_library(crate, *library) for library in versions.items()]
    about = {"name": record.rule, "softwareVersion": code, "softwareRequirements": libraries}
    rule = _add(crate, address, "SoftwareApplication", **about)
    workflow.append_to("hasPart", rule)
    step = crate.get(f"#step/{record.rule}")
    if step is None:
        step = _add(crate, f"#step/{record.rule}", "HowToStep", name=record.rule)
        workflow.append_to("step", step)
    step.append_to("workExample", rule)
    return rule


def _add_library(crate: ROCrate, name: str, number: str) -> Entity:
    address = f"https://pypi.org/project/{name}/{number}/"
    return _add(crate, address, "SoftwareApplication", name=name, softwareVersion=number, url=address)


def _add_absent(crate: ROCrate, name: str, digest: str, description: str = "Not in this crate.") -> Entity:
    """A file that does not lie in the crate as a record has it."""
    about = {"name": name, "sha256": digest, "description": description}
    return _add(crate, f"#{quote(name)}@{digest[:12]}", "CreativeWork", **about)


def _add(crate: ROCrate, address: str, kind: str, **properties: Any) -> Entity:
    """Something that is no file of the crate."""
    return crate.add(ContextEntity(crate, address, {"@type": kind, **properties}))


def _compacted(entity: Mapping[str, Any]) -> dict[str, Any]:
    """An entity without lists of one and of none, as the standard asks for."""
    values = {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in entity.items()}
    return {key: value for key, value in values.items() if value != []}


def _started(record: Record) -> str:
    ended = datetime.fromisoformat(record.made)
    return (ended - timedelta(seconds=record.seconds)).isoformat(timespec="seconds")
