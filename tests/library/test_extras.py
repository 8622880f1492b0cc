"""Extras: a plain installation brings little, and what needs more says in one line what to install."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
from packaging.utils import canonicalize_name

from ..environments import ROOT, Environment, built, distributions

MOST = 12
"""Distributions of a plain installation, this package among them."""


BLOCKING = """\
import sys
from importlib.machinery import PathFinder
class Present(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in ABSENT else super().find_spec(name, path, target)
sys.meta_path[sys.meta_path.index(PathFinder)] = Present
"""


def run(code: str, folder: Path, *extras: str) -> subprocess.CompletedProcess[str]:
    """Code in a process in which all libraries are absent but for those of these extras."""
    installed = distributions(*extras)
    homes = metadata.packages_distributions().items()
    absent = {module for module, names in homes if not installed & {canonicalize_name(name) for name in names}}
    script = f"ABSENT = {absent}\n{BLOCKING}{code}"
    return subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False)


def examples(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)


def test_a_plain_installation_brings_little() -> None:
    assert len(distributions()) <= MOST, sorted(distributions())
    assert {"numpy", "scipy", "safetensors"} < distributions()
    heavy = {"torch", "pandas", "matplotlib", "snakemake", "click", "rich", "numba"}
    assert not heavy & distributions()
    assert heavy - distributions("torch") == heavy - {"torch"}
    assert heavy <= distributions("workflow")
    for extra in ("plot", "torch", "train"):
        assert distributions(extra) < distributions("workflow")


def test_make_and_conda_install_all_of_them() -> None:
    conda = (ROOT / "workflow/envs/emtvb.post-deploy.sh").read_text()
    assert "--editable '.[workflow]'" in conda
    assert "$(INSTALL) '.[workflow]'" in (ROOT / "Makefile").read_text()
    assert distributions("workflow") <= distributions("test")


MORE = """
loaded = emtvb.load(emtvb.save(fitted, "fitted"), emtvb.adapt(step, state=16))
print(emtvb.edit(loaded, at=10, flip="0", steps=5))
emtvb.record(emtvb.adapt(step, state=16), inputs, labels, batch=60, progress=True)
emtvb.linearise(loaded), emtvb.erase(loaded, "0"), emtvb.compare(loaded, fitted)
emtvb.fixed_points(loaded.trials.system, np.zeros((2, 16)))
assert not {"pydantic", "yaml", "typing_extensions"} & {*sys.modules}, "only a network's name needs those"
print("---")
for call in (emtvb.compare(loaded, fitted).to_dataframe, lambda: emtvb.DAS, lambda: emtvb.view):
    try:
        call()
    except emtvb.InputError as error:
        print(error)
from emtvb.__main__ import main
main()
"""


def test_a_numpy_network_needs_no_extra_and_what_does_says_which(tmp_path: Path) -> None:
    """What the README shows; then what makes a data frame, needs torch or a notebook; then the command."""
    (example,) = examples("README.md")
    done = run(example + MORE, tmp_path)
    assert done.returncode == 1, done.stderr
    shown, _, lines = done.stdout.partition("---\n")
    assert shown.count("shows that the network uses the edited state") == 2
    absent, extras = ("pandas", "torch", "anywidget"), ("plot", "torch", "notebook")
    assert lines.splitlines() == [_line(*pair) for pair in zip(absent, extras, strict=True)]
    assert "trials: 60 of 100" in done.stderr
    assert done.stderr.splitlines()[-1] == f"error: {_line('click', 'workflow')}"


def _line(module: str, extra: str) -> str:
    install = f'pip install "emtvb[{extra}]"; in a clone, pip install -e ".[{extra}]"'
    return f"import: No module named '{module}': {install}"


def test_a_command_that_lacks_a_library_says_so_in_a_line(tmp_path: Path) -> None:
    """Where click and rich are there for another reason, as in notebooks of others."""
    code = (
        "ABSENT -= {'click', 'rich', 'markdown_it', 'mdurl', 'pygments'}\n"
        "sys.argv = ['emtvb', 'networks']\nfrom emtvb.__main__ import main\nmain()"
    )
    done = run(code, tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {_line('pandas', 'workflow')}\n"


def test_the_view_needs_one_extra(tmp_path: Path) -> None:
    done = run("import emtvb\nemtvb.view", tmp_path, "notebook")
    assert done.returncode == 0, done.stderr


@pytest.mark.long
@pytest.mark.parametrize("name", ["demo.ipynb", "own_network.ipynb"])
def test_a_notebook_installs_what_it_imports(name: str, tmp_path: Path) -> None:
    cells = nbformat.read(ROOT / "notebooks" / name, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    (extras,) = (
        found[1].split(",") for text in code if (found := re.search(r'%pip install -q "(?:emtvb|\.\.)\[(.*?)\]', text))
    )
    imports = re.findall(r"^(?:import|from) .*", "\n".join(code), re.MULTILINE)
    exported = {*re.findall(r"emtvb\.(\w+)\(", "\n".join(code))}
    done = run("\n".join([*imports, *(f"emtvb.{word}" for word in sorted(exported))]), tmp_path, *extras)
    assert done.returncode == 0, done.stderr


PUBLISHED = """
import emtvb
for name in ("T4_h64_l2-0_thr-0.98_seed4", "lstm_T1_h128_l2-0_thr-0.98_seed1_p0c258465"):
    print(emtvb.judge(emtvb.fit(emtvb.record(emtvb.load(name), horizon=20))).task.verdict)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("wheel"))


def environment(folder: Path, wheel: Path, *extras: str) -> Environment:
    """With the libraries of these extras and no others."""
    return Environment(folder / "environment", wheel, distributions(*extras) - {"emtvb"})


@pytest.mark.long  # an environment of its own
def test_installed_alone_it_reads_and_edits(wheel: Path, tmp_path: Path) -> None:
    alone = environment(tmp_path, wheel)
    (example,) = examples("README.md")
    done = alone(tmp_path, "python", "-c", example)
    assert "shows that the network uses the edited state" in done.stdout, done.stderr
    done = alone(tmp_path, "emtvb", "networks")
    assert (done.returncode, done.stderr) == (1, f"error: {_line('click', 'workflow')}\n")
    done = alone(tmp_path, "python", "-c", PUBLISHED, EXPERIMENT_OUTPUT_DIR=str(ROOT / "results"))
    assert len(done.stdout.splitlines()) == 2, done.stderr


@pytest.mark.long  # an environment of its own
def test_installed_as_the_guide_says_its_code_runs_and_shows_what_it_says(wheel: Path, tmp_path: Path) -> None:
    """From top to bottom, in an empty folder."""
    guide = (ROOT / "docs" / "own-network.md").read_text()
    install = re.search(r'pip install "\.\[([\w,]+)\]"` in a clone', guide)
    output = re.search(r"```text\n(.*?)```", guide, re.DOTALL)
    assert install
    assert output
    blocks = examples("docs/own-network.md")
    assert len(blocks) == 6
    (tmp_path / "guide.py").write_text("\n".join(blocks))
    done = environment(tmp_path, wheel, *install[1].split(","))(tmp_path, "python", "guide.py")
    assert done.returncode == 0, done.stderr
    words = [re.findall("[a-z]+", text) for text in (done.stdout, output[1])]
    assert words[0][: len(words[1])] == words[1]
    assert re.search(r"^first +binary +acc +1\.000 .* 0-29$", done.stdout, re.MULTILINE)
    followed = re.search(r"edits followed +(\S+)", done.stdout)
    assert followed
    assert float(followed[1]) > 0.9
    assert " from 64 starts; " in done.stdout
    assert re.search(r"^(not the same circuit|alike in part).*$", done.stdout, re.MULTILINE)
    assert done.stdout.splitlines()[-1] == "did not learn"
