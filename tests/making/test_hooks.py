"""What is taken of Snakemake beyond its public face: its memory."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from snakemake.persistence import PersistenceBase

from emtvb.errors import InputError
from emtvb.making import hooks
from emtvb.making.staleness import Records

ROOT = Path(__file__).parents[2]


def test_another_snakemake_whose_memory_is_not_known_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(PersistenceBase, "params_changed")
    with pytest.raises(InputError, match=r"snakemake: 9\..*keeps its memory in another way.*install snakemake>=9.27"):
        hooks.install_memory(Records(Path("results/none"), ROOT), lambda *_: [])


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
