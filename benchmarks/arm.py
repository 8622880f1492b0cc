"""Whether 64-bit ARM, emulated, gives the same bits: the proof, whole trainings, and what is measured of networks.

    python -m benchmarks.arm [--cache FOLDER] [--whole]

Needs Debian 13, a network and 5 GB, and no root. Python for ARM comes from Debian, its libraries from the lock. Qemu
runs both, and all of it stays in the cache. The same is computed by this machine's own CPU, to compare with.
"""

from __future__ import annotations

import functools
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import click
import numpy as np

from emtvb import InputError, config, markdown, tables
from emtvb.audit import compare
from emtvb.experiments import kinds
from emtvb.experiments.sweep.shard import measure_shard
from emtvb.theory import networks
from emtvb.theory.network_measurement import MeasureSettings
from emtvb.training import promises, proof
from emtvb.training.shard import Outputs, train_shard

ROOT = Path(__file__).parents[1]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
NAME = "emtvb-arm"
"""The folder of the cache that holds it."""
WHEELS = re.compile(
    "absl-py|annotated-types|click|filelock|fsspec|grpcio|jaxtyping|jinja2|llvmlite|markdown|markupsafe|mpmath|networkx"
    "|numba|numpy|nvidia-.*|packaging|pandas|pillow|protobuf|pydantic|pydantic-core|python-dateutil|pyyaml|safetensors"
    "|scipy|setuptools|sympy|tensorboard|torch|typing-extensions|typing-inspection|wadler-lindig|werkzeug"
)
"""What of the lock trains and measures. Torch's wheel for ARM is not imported without the libraries for CUDA."""


def emulation(cache: Path = CACHE) -> list[str]:
    """The command of an emulated Python, which is set up in a cache where it is not there.

    Raises:
        InputError: Where it cannot be had; it says why.
    """
    place = cache / NAME
    rows = re.split(r"\n(?=\w)", (ROOT / "requirements.txt").read_text())
    wanted = "\n".join(row for row in rows if WHEELS.fullmatch(row.split("==")[0]))
    made = place / "made.txt"
    if not (made.is_file() and made.read_text() == wanted):
        shutil.rmtree(place, ignore_errors=True)
        try:
            _unpack_debian(place)
            _unpack_wheels(place, wanted)
        except (OSError, subprocess.CalledProcessError) as error:
            lines = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
            # Apt and pip warn, too, and mark what is an error.
            why = [line for line in lines if line.startswith("E")] or lines
            raise InputError("ARM", "cannot be emulated here", why[-1]) from None
        made.write_text(wanted)
    return [str(place / "root/usr/bin/qemu-aarch64"), "-L", str(place / "root"), str(place / "root/usr/bin/python3.13")]


def _unpack_debian(place: Path) -> None:
    """Python for ARM and qemu for this machine, with an apt whose state is its own: so nothing is installed."""
    for folder in ("apt/lists/partial", "apt/archives/partial", "root/usr/lib"):
        (place / folder).mkdir(parents=True)
    (place / "apt/status").touch()
    (place / "root/lib").symlink_to("usr/lib")
    here = _said(["dpkg", "--print-architecture"]).strip()
    settings = [f"Dir::State={place}/apt", f"Dir::State::status={place}/apt/status", f"Dir::Cache={place}/apt",
                "APT::Architecture=arm64", "APT::Architectures::=arm64", f"APT::Architectures::={here}",
                "APT::Sandbox::User="]  # fmt: skip
    apt = ["apt-get", "-q", "-y", *(word for setting in settings for word in ("-o", setting))]
    _said([*apt, "update"])
    packages = ["python3.13:arm64", "libstdc++6:arm64", f"qemu-user:{here}"]
    _said([*apt, "--no-install-recommends", "--download-only", "install", *packages])
    for package in (place / "apt/archives").glob("*.deb"):
        _said(["dpkg-deb", "-x", str(package), str(place / "root")])


def _unpack_wheels(place: Path, wanted: str) -> None:
    """The wheels of the lock for ARM, by their hashes."""
    (place / "requirements.txt").write_text(wanted)
    tags = ["manylinux2014_aarch64", *(f"manylinux_2_{minor}_aarch64" for minor in range(17, 29))]
    target = ["--python-version", "3.13", "--implementation", "cp", *(f"--platform={tag}" for tag in tags)]
    options = ["-q", "--no-deps", "--only-binary=:all:", "--require-hashes", "--no-compile", "--no-cache-dir"]
    pip = [sys.executable, "-m", "pip", "install", *options, *target]
    _said([*pip, "--target", str(place / "wheels"), "-r", str(place / "requirements.txt")])


def _said(command: Sequence[str]) -> str:
    """What a command prints."""
    return subprocess.run(command, text=True, capture_output=True, check=True).stdout


def computed(command: Sequence[str], folder: Path, whole: bool, place: Path | None = None) -> dict[str, Any]:
    """What :func:`compute` finds in a process of a Python, which has its libraries in the cache ``place``."""
    # Imported here, since the emulated Python has no pytest.
    from tests.training.test_bits import SUMS, operands

    folder.mkdir(parents=True)
    np.save(folder / "operands.npy", operands())
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    if place:
        variables.pop("OPENBLAS_CORETYPE", None)  # which names a CPU of x86
        variables |= {"PYTHONPATH": f"{variables['PYTHONPATH']}{os.pathsep}{place / 'wheels'}",
                      "PYTHONPYCACHEPREFIX": str(place / "pyc"), "NUMBA_CACHE_DIR": str(place / "numba")}  # fmt: skip
    script = f"import pathlib; from benchmarks.arm import compute; compute(pathlib.Path({str(folder)!r}), {whole})"
    for code in ([script], [SUMS, str(folder / "operands.npy"), str(folder / "products.npy")]):
        subprocess.run([*command, "-c", *code], env=variables, check=True)
    return json.loads((folder / "found.json").read_text())


def compute(folder: Path, whole: bool) -> None:
    """Train, measure and prove by the CPU of this process, into a folder."""
    from emtvb.training import engine, kernel, stream

    versions = {name: metadata.version(name) for name in ("torch", "numba", "llvmlite", "numpy")}
    found: dict[str, Any] = {"python": platform.python_version(), **versions}
    found |= {"machine": platform.machine(), "lanes": kernel.LANES, "fuses": kernel.FUSES}
    stream.check_published_stream()
    # A training asks for the whole proof first, which takes half an hour where each instruction is emulated.
    engine.compiled_kernel = lambda: kernel  # type: ignore[assignment]
    experiment = config.load_sweep(ROOT / "config" / "smoke.yaml")
    settings = MeasureSettings(**experiment.interpretation.model_dump())
    shards, trained = experiment.shards(), {}
    for shard, runs in shards.items():
        outputs = Outputs.of(folder, shard)
        train_shard(runs, outputs, "here")
        trained |= networks.load_networks(outputs.weights)
    two = [runs[0] for runs in (*shards.values(),)[:: len(shards) - 1]]
    for name, table in vars(measure_shard(two, trained, settings)).items():
        path = folder / "measurements" / ("" if name == "measurements" else name) / "two_seeds1.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        tables.write_csv(path, table)
    begin = functools.partial(engine.begin, kernel=kernel)
    every = {f"{kind}, {name}": [case for case in cases if whole or _is_cheap(case)]
             for kind, chosen in (("the paper's tasks", proof.proof_cases()), ("streams", proof.stream_cases()))
             for name, cases in chosen.items()}  # fmt: skip
    found["proof"] = proof.case_digests(begin, every)
    (folder / "found.json").write_text(json.dumps(found))


def _is_cheap(case: proof.Case) -> bool:
    return case.run.hidden_dim < 64 and case.last - case.first < 150


def differing(native: Path, emulated: Path) -> dict[str, list[str]]:
    """By file that both made, how it differs: trainings to the byte, measurements by what an audit allows."""
    files = sorted(path for kind in ("training/*/*.*", "measurements/**/two_*.csv") for path in native.glob(kind))
    names = [str(path.relative_to(native)) for path in files]
    rounding = kinds.kind_by_name(kinds.SWEEP).rounding()
    allowed = {name: None if name.startswith("training") else rounding for name in names}
    return {name: compare.differences(native / name, emulated / name, name, allowed[name]) for name in names}


def products(folder: Path) -> np.ndarray:
    """The sums of ``tests/training/test_bits.py`` as a CPU rounds and flushes them."""
    return np.load(folder / "products.npy")


@click.command()
@click.option("--cache", type=click.Path(path_type=Path), default=CACHE, help="where the emulation is kept")
@click.option("--whole", is_flag=True, help="the whole proof, which takes half an hour more")
def main(cache: Path, whole: bool) -> None:
    """Print what is equal and what is not."""
    try:
        command = emulation(cache)
    except InputError as error:
        raise click.ClickException(str(error)) from None
    with tempfile.TemporaryDirectory() as name:
        native, arm = Path(name, "native"), Path(name, "arm")
        here = computed([sys.executable], native, whole)
        there = computed(command, arm, whole, cache / NAME)
        versions = {key: value for key, value in there.items() if key != "proof"}
        click.echo(f"{_said([command[0], '--version']).splitlines()[0]}; {versions}\n")
        proofs = [(f"proof of {name}", _verdict(digest == here["proof"][name]), _kept(digest, whole))
                  for name, digest in there["proof"].items()]  # fmt: skip
        click.echo(markdown.table(["", "beside this machine", "how"], [*proofs, *rows(native, arm)]))


def _verdict(equal: bool) -> str:
    return "equal" if equal else "differs"


def _kept(digest: str, whole: bool) -> str:
    """What a digest of the proof stands for."""
    if digest in {*promises.ENGINE.values(), *promises.FOLLOWING.values()}:
        return "as promised"
    return "not as promised" if whole else "the cheap cases"


def rows(native: Path, arm: Path) -> Iterator[tuple[str, str, str]]:
    """The rows of the table for what was computed in two folders: of files, then of products."""
    for name, problems in differing(native, arm).items():
        same = (native / name).read_bytes() == (arm / name).read_bytes()
        yield name, _verdict(not problems), "to the byte" if same else "; ".join(problems) or "within tolerances"
    before, now = products(native), products(arm)
    zero = int((now[before != now] == 0).sum())
    yield "products", f"{(before != now).sum()} of {now.size:,} differ", f"{zero} of these are 0 on ARM"


if __name__ == "__main__":
    main()
