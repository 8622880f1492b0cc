"""What is taken of Snakemake beyond its public face: its memory, and what a run prints of its jobs."""

from __future__ import annotations

import io
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter
from snakemake.persistence import PersistenceBase
from snakemake_interface_logger_plugins.common import LogEvent

from emtvb.errors import InputError
from emtvb.making import hooks
from emtvb.making.staleness import Records

ROOT = Path(__file__).parents[2]


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Prints records as a run would, with some options, and returns the lines."""

    def call(*records: dict[str, Any], **options: bool) -> list[str]:
        out = io.StringIO()
        handler = ColorizingTextHandler(nocolor=True, stream=out)
        handler.name = "DefaultStreamHandler"
        chosen = {"debug_dag": False, "verbose": False, "dryrun": False, "printshellcmds": False} | options
        handler.addFilter(DefaultFilter(None, **chosen))
        handler.setFormatter(DefaultFormatter(None, False))
        logger = logging.Logger("tests")
        logger.addHandler(handler)
        monkeypatch.setattr(hooks, "logger", logger)
        hooks.print_sparingly()
        for record in records:
            logger.log(record.pop("level", logging.INFO), record.pop("msg", None), extra=record)
        return out.getvalue().splitlines()

    return call


JOBS = [
    {"msg": "Select jobs to execute..."},
    {"msg": "Execute 3 jobs...", "event": LogEvent.JOB_STARTED, "jobs": [1, 2, 3]},
    {"event": LogEvent.JOB_FINISHED, "job_id": 1},
]


def progress(done: int) -> dict[str, Any]:
    return {"event": LogEvent.PROGRESS, "done": done, "total": 9}


def test_what_goes_well_is_a_line_a_minute_and_the_end(printed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 1.0, 61.0, 61.0, 62.0, 63.0, 64.0])
    monkeypatch.setattr(hooks.time, "monotonic", lambda: next(now))
    lines = printed(*(dict(one) for one in JOBS), progress(1), progress(2), progress(3), progress(9))
    assert [line.split(" steps")[0] for line in lines] == ["2 of 9", "9 of 9"]


def test_what_goes_wrong_and_what_is_said_in_words_is_printed(printed: Any) -> None:
    words = [{"msg": "Slurm does not answer", "level": logging.WARNING}, {"msg": "error: x", "level": logging.ERROR}]
    assert printed(*(dict(one) for one in JOBS), *words) == ["Slurm does not answer", "error: x"]


@pytest.mark.parametrize("option", ["dryrun", "verbose", "debug_dag"])
def test_a_plan_and_what_was_asked_for_are_printed_whole(printed: Any, option: str) -> None:
    assert "Select jobs to execute..." in printed(dict(JOBS[0]), progress(1), **{option: True})


def test_another_snakemake_whose_memory_is_not_known_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(PersistenceBase, "params_changed")
    with pytest.raises(InputError, match=r"snakemake: 9\..*keeps its memory in another way.*install snakemake>=9.27"):
        hooks.install(Records(Path("results/none"), ROOT), lambda *_: [])


def test_what_is_not_public_stands_in_two_files() -> None:
    """Of Snakemake: what is imported below ``snakemake`` but for what its documentation names."""
    public = {
        "snakemake.api", "snakemake.exceptions", "snakemake.logging", "snakemake.utils", "snakemake.settings.types",
        "snakemake.settings.enums",
    }  # fmt: skip
    code = [*(ROOT / "src").rglob("*.py"), *(ROOT / "workflow").rglob("*.smk"), *(ROOT / "workflow").rglob("*file")]
    naming = {}
    for path in [*code, ROOT / "Snakefile"]:
        text = path.read_text()
        modules = set(re.findall(r"(?:from|import) (snakemake(?!_interface)[\w.]*)", text)) - public
        inner = set(re.findall(r"\bworkflow\.(?!basedir\b|source_path\b|cores\b|smk\b|scripts\b)[a-z]\w+", text))
        if modules or (inner and "emtvb" not in inner and path.suffix != ".py"):
            naming[path.relative_to(ROOT).as_posix()] = modules | inner
    assert set(naming) <= {"src/emtvb/making/hooks.py", "src/emtvb/slurm/executor.py"}, naming
