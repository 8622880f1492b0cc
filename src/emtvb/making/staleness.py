"""What the records beside the results say at planning: who made a file, whether that is current, and what is damaged.

Snakemake asks its memory what made a file. That memory lies in ``.snakemake``, which a fresh clone or a copy does not
have, and whose form is Snakemake's own affair. So it is answered from the records here (``hooks.install_memory``):
which inputs an output was made of, and whether its job would do the same now. It does not matter when a file was
checked out.

Snakemake looks into a file only where its time is newer. So every file is held to the records here. The workflow
changes a file and its record together: a file that is not what the record of its own job says was damaged, or replaced
by somebody, and no job may read it or write it anew before somebody has said which it should be. A job whose inputs
were made anew since, or are gone together with their record, runs again.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from emtvb.errors import InputError
from emtvb.making import provenance, recipes, recorded, trainings
from emtvb.making.present_code import Present
from emtvb.making.provenance import Record
from emtvb.making.recipes import digest_of_names, plain_params
from emtvb.making.trainings import ReadRun

_UNREAD = "history.csv"
"""Learning curves: no job reads them, and none is run to make them alone."""

ACCEPT = "emtvb accept shows it, and renews the records"
"""The remedy where code changed and no result should."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Maker:
    """The job that made a file.

    Attributes:
        path: Where its record lies.
        record: Its record.
        inputs: The digests of all that it read, by path, as the workflow's rules spell it.
        outputs: The digests of all that it made, likewise.
    """

    path: Path
    record: Record
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]

    @property
    def settings(self) -> Mapping[str, Any]:
        """Its rule's params."""
        return self.record.recipe["settings"]


@dataclass
class Records:
    """What the records of an experiment say.

    Attributes:
        folder: The experiment's folder, as the workflow's rules spell it.
        root: The clone of the workflow.
        makers: By path, as the workflow's rules spell it, who made a file.
        damaged: The files that are not what their maker's record says.
        altered: The learning curves of which the same is true; no job reads them.
        unreadable: Folders in which a record cannot be read.
        read_run: Reads a run of a training's settings; by default, plain data is compared.
    """

    folder: Path
    root: Path
    makers: dict[str, Maker] = field(default_factory=dict)
    damaged: set[str] = field(default_factory=set)
    altered: set[str] = field(default_factory=set)
    unreadable: set[Path] = field(default_factory=set)
    read_run: ReadRun = trainings.as_plain_data

    def __post_init__(self) -> None:
        self._present = Present(self.root)
        self._digest = cache(provenance.sha256)
        self._is_file = cache(os.path.isfile)
        root = self.root.resolve()
        self._key = cache(lambda script: recipes.name_in_recipe(script.resolve(), root) or script.name)

    def refuse(self, files: Iterable[str], forced: Callable[[Maker], bool] = lambda _: False) -> None:
        """Raise InputError where one of a job's files is damaged; it says how to go on.

        Args:
            files: A job's inputs and outputs, as the rules spell them.
            forced: Whether a job is asked to make its outputs again in any case.
        """
        held = [path for path in files if path in self.damaged and not forced(self.makers[path])]
        if held:
            more = f" (and {len(held) - 1} more files)" if len(held) > 1 else ""
            raise InputError(
                "results file",
                held[0] + more,
                f"not what its record {self.makers[held[0]].path} says; put it back as it was, or delete both, and the "
                "next call makes it again; to keep it as it is, delete the record alone",
            )

    def trainings(self) -> list[Maker]:
        """Who trained the networks that lie here."""
        return [*dict.fromkeys(maker for maker in self.makers.values() if maker.record.shard is not None)]

    def changes(self, job: Any, maker: Maker) -> list[str]:
        """What a job would use that is other than what was used when its outputs were made, in words.

        Args:
            job: As Snakemake plans it: ``params``, ``input``, ``output``, and its rule's ``script``.
            maker: Who made its outputs.
        """
        return [*self._changes_in_job(job, maker), *self._inputs_anew(maker)]

    def _changes_in_job(self, job: Any, maker: Maker) -> list[str]:
        """What of this lies in the job itself, in words; what its inputs hold is not asked."""
        recipe = maker.record.recipe
        now = plain_params(job.params, job.rule.name)
        inputs, outputs = (list(dict.fromkeys(map(_plain_path, files))) for files in (job.input, job.output))
        if trainings.REVISION in now:
            more = [Path(path).name for path in outputs if path not in maker.outputs]
            return trainings.changes_of_training(maker.settings, now, self.read_run) + [
                f"{name}, which was not made with it" for name in more
            ]
        words = [f"setting {name}" for name in _differing_settings(maker.settings, now)]
        words += self._present.changes(recipe) or [
            f"{name}, which its record does not name" for name in self._present.unnamed(recipe)
        ]
        if "names" in recipe and (
            recipe["names"] != digest_of_names(job.input, job.output)
            or not _are_listed(inputs, maker.inputs, maker.path)
            or not _are_listed(outputs, maker.outputs, maker.path)
        ):
            words.append("its inputs or outputs, by name or order")
        if maker.record.wildcards != dict(job.wildcards.items()):
            words.append("its wildcards")
        script = script_of(job.rule)
        if self._key(script) not in recipe["code"]:
            words.append(f"its script, {script.name}")
        return words

    def _inputs_anew(self, maker: Maker) -> Iterator[str]:
        """Inputs that lie there as others than were read, or are gone together with their record, in words."""
        for name, digest in maker.record.inputs.items():
            # Plain, since ".." after a linked folder would lead to where the link points.
            path = _plain_path(self.folder / name)
            if path in self.damaged:
                continue
            if self._is_file(path):
                there = self._digest(path)
            elif path in self.makers:
                # It was left out of what is published, and is made again when something needs it.
                there = self.makers[path].outputs[path]
            elif Path(path).parent in self.unreadable:
                continue
            else:
                yield f"{self.folder / name}, gone, and so is its record"
                continue
            if there != digest:
                yield f"{self.folder / name}, another than the one that was read"

    def is_made(self, job: Any) -> bool:
        """Whether a job's outputs lie there by now as it would make them. All its files are read for it, now.

        Args:
            job: As Snakemake plans it.
        """
        try:
            path = provenance.record_path([Path(output) for output in job.output], job.rule.name)
            maker = self._maker_by_record(path, recorded.read_record(path))
            files = {**maker.inputs, **maker.outputs}
            whole = all(provenance.sha256(path) == digest for path, digest in files.items())
        except (InputError, OSError):
            return False
        makes_all = {*maker.outputs} == {_plain_path(output) for output in job.output}
        return whole and makes_all and not self._changes_in_job(job, maker)

    def _maker_by_record(self, path: Path, record: Record) -> Maker:
        inputs, outputs = (
            {_plain_path(self.folder / name): digest for name, digest in part.items()}
            for part in (record.inputs, record.outputs)
        )
        return Maker(path, record, inputs, outputs)


def script_of(rule: Any) -> Path:
    """The file that a rule's jobs run. As a module's, the rule may have another name than here.

    Args:
        rule: As Snakemake reads it.
    """
    return Path(str(rule.basedir.get_path_or_uri(secret_free=True))) / str(rule.script)


def records_of_results(folder: Path, root: Path, read_run: ReadRun = trainings.as_plain_data) -> Records:
    """What the records of an experiment say, and what of its files is not as it was made.

    Args:
        folder: The experiment's folder, as the workflow's rules spell it.
        root: The clone of the workflow.
        read_run: Reads a run of a training's settings; by default, plain data is compared.
    """
    records = Records(folder, root, read_run=read_run)
    readable, unreadable = recorded.read_all(folder)
    for path, error in unreadable.items():
        log.warning("%s", error)
        records.unreadable.add(path.parent)
    for path, record in sorted(readable.items(), key=lambda item: item[1].made):
        maker = records._maker_by_record(path, record)
        # Of two records of one file the later counts: a rule of the other's name is there no more.
        records.makers |= dict.fromkeys(maker.outputs, maker)
    for output, maker in records.makers.items():
        file = Path(output)
        if file.exists() and not (file.is_file() and records._digest(file) == maker.outputs[output]):
            if file.name == _UNREAD:
                log.warning("%s: not what its record says; no job reads it, and the audit counts it", output)
                records.altered.add(output)
            else:
                records.damaged.add(output)
    return records


def is_by_code(change: str) -> bool:
    """Whether a change of a job, in the words of :meth:`Records.changes`, is one of the code that it uses.

    It is none of its settings, nor of what its inputs hold.
    """
    return not (change.startswith("setting ") or change == "its runs" or re.search(", (gone|another)", change))


def summary(words: Iterable[str]) -> str:
    """The first of them, and how many more there are."""
    texts = list(words)
    return ", ".join(texts[:6]) + (f" and {len(texts) - 6} more" if len(texts) > 6 else "")


def _plain_path(path: Any) -> str:
    """A path as records and rules both spell it."""
    return os.path.normpath(str(path))


def _are_listed(files: list[str], listed: Iterable[str], record: Path) -> bool:
    """Whether a record lists just these files, in this order; in which order is lost where somebody sorted its keys."""
    return [*listed] == files or ({*listed} == {*files} and not recorded.is_as_written(record))


def _differing_settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Settings that say something else. One that is null is none; 1 is 1.0, as configs spell it, and not true."""
    return sorted(name for name in {*before, *now} if not _same_data(before.get(name), now.get(name)))


def _same_data(one: Any, other: Any) -> bool:
    """Whether two pieces of plain data say the same."""
    if isinstance(one, dict) and isinstance(other, dict):
        return not _differing_settings(one, other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same_data, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)
