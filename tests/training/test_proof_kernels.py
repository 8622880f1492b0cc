"""The proof notices a kernel that is wrong. Each is compiled without optimization, which takes some ten seconds."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import torch
from numba.core import config

from emtvb.training import engine, kernel
from emtvb.training.promises import ENGINE, FOLLOWING
from emtvb.training.proof import Case, case_digests, digest_of_cases, proof_cases, stream_cases

from .test_proof import right

pytestmark = pytest.mark.nightly

torch.set_num_threads(1)

WRONG = {
    # name: (right, wrong, the digest that must change)
    "no clipping": ("if shrink > 1.0:", "if shrink == shrink:", "weak"),
    "clipping without Lightning's 1e-6": ("gradient)) + 1e-6)", "gradient)))", "weak"),
    "L2 clipped too": (
        "slope = gradient[i] * factor + decay * weights[i]",
        "slope = (gradient[i] + decay * weights[i]) * factor",
        "weak",
    ),
    "beta1, one ulp": ("BETA1 = 0.9\n", "BETA1 = 0.90000006\n", "weak"),
    "beta2, one ulp": ("BETA2 = 0.999\n", "BETA2 = 0.99900006\n", "weak"),
    "1 - beta2 in single precision": (
        "np.float32(1.0 - BETA2)",
        "np.float32(np.float32(1.0) - np.float32(BETA2))",
        "weak",
    ),
    "eps": ("ADAM_EPS = 1e-8", "ADAM_EPS = 2e-8", "weak"),
    "learning rate rounded before the correction of bias": (
        "np.float32(how.lr / (1.0 - _power(BETA1, step)))",
        "np.float32(how.lr) / np.float32(1.0 - _power(BETA1, step))",
        "weak",
    ),
    "correction of bias, one step late": ("_power(BETA2, step)", "_power(BETA2, step - 1)", "weak"),
    "no correction of bias late in a training": (
        "size = np.float32(how.lr / (1.0 - _power(BETA1, step)))",
        "size = np.float32(how.lr / (1.0 - _power(BETA1, step))) if step < 5000 else np.float32(how.lr * 1.0000002)",
        "weak",
    ),
    "terms of the products in another order": ("for k in range(UNROLL):", "for k in reversed(range(UNROLL)):", "weak"),
    "products rounded twice": (
        "return builder.call(function, [x, y, z])",
        "return builder.fadd(builder.fmul(x, y), z)",
        "weak",
    ),
    "squares of the gradient in single precision": (
        "np.float64(flat[i]) * np.float64(flat[i])",
        "np.float64(flat[i] * flat[i])",
        "weak",
    ),
    "order of the loss's sum": (
        "squares += np.float64(_sum_of_lanes(work.squares, first))",
        "for lane in range(WIDEST):\n                squares += np.float64(work.squares[first + lane])",
        "weak",
    ),
    "a new horizon one batch early": ("seen = level[1]", "seen = level[0]", "weak"),
    "threshold reached instead of exceeded": ("if accuracy > how.threshold", "if accuracy >= how.threshold", "weak"),
    "tanh's coefficient, one ulp": ("0.12965941247924553", "0.12965943", "weak"),
    "tanh's limit": ("TANH_LIMIT = 8.0", "TANH_LIMIT = 7.9", "weak"),
    "numbers below 1.2e-38 kept": (
        "FLUSHING = 1 << 24 if ARM else 0x1F80 | 1 << 15 | 1 << 6",
        "FLUSHING = 0 if ARM else 0x1F80",
        "strong",
    ),
    "an output of 0 counts as negative": (
        'fcmp_ordered(">=", output, zero)',
        'fcmp_ordered(">", output, zero)',
        "strong",
    ),
    "scale of the loss": ("np.float32(2.0 / (outputs", "np.float32(1.0 / (outputs", "weak"),
    "sign of the targets": ("signs[place] = sign[step, j]", "signs[place] = -sign[step, j]", "weak"),
    "the last group of sequences dropped": (
        "range(0, sizes.batch, sizes.group)",
        "range(0, max(1, sizes.batch - sizes.group), sizes.group)",
        "weak",
    ),
    "padded sequences count": ("if row < count else np.float32(0.0)", "if row < count else np.float32(1.0)", "weak"),
    "other NaN": ("np.float32(np.nan) if np.isnan(value) else value", "value", "weak"),
}


def load(text: str, folder: Path) -> ModuleType:
    """The kernel with this text."""
    path = folder / "broken.py"
    path.write_text(text, "utf-8")
    spec = importlib.util.spec_from_file_location("broken", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def unoptimized(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test compiles is not optimized: half the time, the same bits. The right kernel is loaded before."""
    for name, chosen in proof_cases().items():
        for place in range(len(chosen)):
            right(name, place)
    monkeypatch.setattr(config, "OPT", type(config.OPT)(0))


def notices(module: ModuleType, name: str) -> bool:
    """Whether this digest changes; the cheapest cases are tried first."""

    def cost(item: tuple[int, Case]) -> int:
        return item[1].run.hidden_dim ** 2 * (item[1].last - item[1].first) * item[1].run.protocol.batch_size

    return any(
        digest_of_cases(lambda run: engine.begin(run, module), [case]) != right(name, place)
        for place, case in sorted(enumerate(proof_cases()[name]), key=cost)
    )


@pytest.mark.usefixtures("unoptimized")
def test_a_kernel_that_is_not_optimized_gives_what_is_promised(tmp_path: Path) -> None:
    """So what the proof notices below is what was broken."""
    same = load(Path(kernel.__file__).read_text("utf-8"), tmp_path)
    for chosen, promised in ((proof_cases(), ENGINE), (stream_cases(), FOLLOWING)):
        assert case_digests(lambda run: engine.begin(run, same), chosen) == promised


@pytest.mark.usefixtures("unoptimized")
@pytest.mark.parametrize("name", WRONG)
def test_the_proof_notices(name: str, tmp_path: Path) -> None:
    own, other, changed = WRONG[name]
    text = Path(kernel.__file__).read_text("utf-8")
    assert text.count(own) == 1
    broken = load(text.replace(own, other), tmp_path)
    assert notices(broken, changed)
    # What concerns vanishing numbers alone must leave the other digest as it is.
    if changed == "strong":
        assert not notices(broken, "weak")
