"""The audit's folder as a Workflow Run RO-Crate: code, small outputs, and which job made which file from which.

An RO-Crate is a folder that a ``ro-crate-metadata.json`` describes to repositories and readers that have never heard of
this project (https://w3id.org/ro/crate/1.1). Ours has one action per job of the workflow, as the records tell it. What
is too large to travel along, such as weights, is named with its sha256.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from rocrate.model import ComputationalWorkflow, ContextEntity, Entity
from rocrate.rocrate import ROCrate

from emtvb.audit.report import Audit
from emtvb.files import write_text
from emtvb.running import provenance
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
_PAGES = {
    "audit.json": "The audit, for programs",
    "audit.md": "The audit, as text",
    "index.html": "The audit, as a page",
}
_OUTPUTS = {
    "settings.json": "All settings of the experiment: the config in force, with which Snakemake can be called again",
    "runs.csv": "Which networks were trained, a row each",
    "measurements.csv": "What was measured of each network",
    "tables/*": "The paper's table, ours beside the published values",
}
"""Outputs that travel along, by pattern."""
_RESULTS = "results"
_FORMATS = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".tex": "application/x-tex",
}
"""By suffix; other files are plain text."""


def write_crate(
    audit_folder: Path, experiment_folder: Path, records: Mapping[Path, Record], audit: Audit, root: Path
) -> Path:
    """Make an audit's folder a crate; the same records, code and outputs give the same bytes.

    Its audit must be written already. An output travels along only where it still is what its record says.

    Args:
        audit_folder: Where the audit lies.
        experiment_folder: The experiment's folder.
        records: Its records, by their path; at least one.
        audit: What was found.
        root: The clone.

    Returns:
        The crate's metadata file.
    """
    metadata = audit_folder / METADATA
    metadata.unlink(missing_ok=True)  # a folder that is copied in part is no crate
    jobs = {path.relative_to(experiment_folder).as_posix(): records[path] for path in sorted(records)}
    _copy_code(root, audit_folder)
    copied = _copy_outputs(jobs.values(), experiment_folder, audit_folder / _RESULTS)
    citation = yaml.safe_load((root / "CITATION.cff").read_text("utf-8"))

    crate = ROCrate(version="1.1")  # of which Workflow RO-Crate 1.0 is a profile
    crate.metadata.extra_terms["sha256"] = "http://schema.org/sha256"  # younger than RO-Crate 1.1
    _describe(crate, audit, citation, max(record.made for record in jobs.values()))
    workflow = _add_code(crate, audit_folder, citation)
    for name, description in _PAGES.items():
        if (audit_folder / name).exists():
            _add_file(crate, audit_folder, name, name, description)
    files = {
        (name, digest): _add_file(crate, audit_folder, f"{_RESULTS}/{name}", name, _OUTPUTS[pattern], digest)
        for name, (digest, pattern) in copied.items()
    }
    actions = [_add_job(crate, workflow, name, record, files) for name, record in jobs.items()]
    crate.root_dataset["mentions"] = [_add_run(crate, workflow, list(jobs.values()), files), *actions]
    content = crate.metadata.generate()
    content["@graph"] = [_compacted(entity) for entity in content["@graph"]]
    write_text(metadata, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return metadata


def is_of_crate(name: str, outputs: Iterable[str], root: Path | None) -> bool:
    """Whether a file in an audit's folder is one that an audit puts there.

    Args:
        name: Its path there.
        outputs: What the experiment's records name.
        root: The clone whose code travels along; None where it is another's code.
    """
    first, _, rest = name.partition("/")
    if first == _RESULTS:
        return rest in set(outputs) and any(fnmatch(rest, pattern) for pattern in _OUTPUTS)
    return name in (*_PAGES, METADATA) or (first in _CODE and (root is None or (root / name).is_file()))


def _copy_code(root: Path, folder: Path) -> None:
    """Copy what the workflow consists of, in the place of what an earlier audit copied."""
    for name in _CODE:
        if (root / name).is_dir():
            shutil.rmtree(folder / name, ignore_errors=True)
            unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*")
            shutil.copytree(root / name, folder / name, copy_function=shutil.copyfile, ignore=unwanted)
        else:
            shutil.copyfile(root / name, folder / name)


def _copy_outputs(records: Iterable[Record], experiment_folder: Path, folder: Path) -> dict[str, tuple[str, str]]:
    """Copy the outputs that travel along; by their path, their sha256 and the pattern that chose them."""
    shutil.rmtree(folder, ignore_errors=True)
    copied = {}
    for record in records:
        for name, digest in record.outputs.items():
            path = experiment_folder / name
            pattern = next((pattern for pattern in _OUTPUTS if fnmatch(name, pattern)), None)
            if pattern and path.is_file() and provenance.sha256(path) == digest:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / name)
                copied[name] = digest, pattern
    return copied


def _describe(crate: ROCrate, audit: Audit, citation: Mapping[str, Any], made: str) -> None:
    """What the crate is, by whom, under which licence, and to which profiles it keeps."""
    verdicts = "; ".join(
        f"{kind}: {', '.join(f'{count} {verdict}' for verdict, count in counts.items() if count)}"
        for kind, counts in audit.verdicts().items()
        if any(counts.values())
    )
    wrong = ", ".join(check.name for check in audit.checks if check.state == "FAILED")
    open_questions = ", ".join(f"{check.name}: {check.state}" for check in audit.checks if not check.passed)
    found = (
        f"found something wrong ({wrong})" if wrong else f"found nothing wrong, but is incomplete ({open_questions})"
    )
    root = crate.root_dataset
    root["name"] = f"{citation['title']}: the experiment {audit.experiment}, audited"
    root["description"] = (
        f"Code, settings, measurements, tables and provenance of the experiment {audit.experiment}. "
        f"The audit {'found nothing wrong' if audit.passed else found}. "
        f"The paper's claims: {verdicts or 'not judged'}."
    )
    root["datePublished"] = made
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
    crate: ROCrate, workflow: Entity, jobs: Sequence[Record], files: Mapping[tuple[str, str], Entity]
) -> Entity:
    """The run of the workflow as a whole: from its first job's start to its last job's end."""
    return _add(
        crate,
        "#run",
        "CreateAction",
        name="The run of the workflow",
        description=f"All {len(jobs)} jobs of which there is a record; not necessarily run in one go.",
        instrument=workflow,
        startTime=min(_started(record) for record in jobs),
        endTime=max(record.made for record in jobs),
        object=[entity for (name, _), entity in files.items() if name == "settings.json"],
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


def _add_absent(crate: ROCrate, name: str, digest: str) -> Entity:
    """A file that does not lie in the crate: too large to travel along, or no longer what a record says."""
    about = {"name": name, "sha256": digest, "description": "Not in this crate."}
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
