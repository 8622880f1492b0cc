"""What rounding explains in each column and array of networks, and what says something else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from emtvb.audit.compare import crossings, differences
from emtvb.experiments import kinds
from emtvb.experiments.rounding import OF_NETWORKS, TABLE, as_markdown


def arrays(path: Path, about: dict[str, object], **given: object) -> Path:
    np.savez(path, about=np.array(json.dumps(about)), phi=np.eye(2), **given)
    return path


@pytest.mark.parametrize(
    ("again", "says"),
    [
        ({"accuracy": 0.97, "name": "a"}, ""),
        ({"accuracy": 0.9700000000000012, "name": "a"}, ""),  # another last digit, and so a longer text
        ({"accuracy": 0.93, "name": "a"}, "about says something else when made again"),
        ({"accuracy": 0.97, "name": "another"}, "about says something else when made again"),
    ],
)
def test_what_arrays_say_in_words_is_held_to_what_it_means(tmp_path: Path, again: dict[str, object], says: str) -> None:
    there = arrays(tmp_path / "there.npz", {"accuracy": 0.97, "name": "a"})
    said = differences(there, arrays(tmp_path / "made.npz", again), "measurements/exemplars/T1.npz", OF_NETWORKS)
    assert said == ([says] if says else [])


def _table(path: Path, **cells: str) -> Path:
    path.write_text(f"run_id,{','.join(cells)}\na,{','.join(cells.values())}\nb,{','.join('1' for _ in cells)}\n")
    return path


SHARD, SOLUTIONS, ABLATIONS = (
    f"measurements/{folder}T1_h24_l2-0_seeds1-5.csv" for folder in ("", "solutions/", "ablations/")
)
MEMORY = "measurements/memory/T1_h24_l2-0_seeds1-5.csv"
GRADIENTS, COMPARED = "measurements/gradients.csv", "measurements/comparison.csv"
ARCHITECTURE, OF_PAPER = "architectures/x/measurements.csv", "tables/table1.csv"
PLAIN: dict[str, str] = {}
SOLVES = {"test_accuracy": "0.985", "measured_solved": "0.98"}
CHAOTIC = {"gradient_trained_200": "5e14"}
SINGULAR = {"power_condition": "inf", "data_condition": "50"}
BEST = {"optimal_spectral_error": "0.25"}


@pytest.mark.parametrize(
    ("name", "beside", "column", "there", "same", "other"),
    [
        (SHARD, PLAIN, "test_accuracy", "0.9792", "0.9801", "0.9803"),  # whatever it learned: claims rest on it
        (SHARD, {"measured_solved": "0.99"}, "test_accuracy", "0.9995", "0.9996", "0.9983"),
        (SHARD, {"measured_solved": "0.99"}, "test_accuracy", "0.9901", "0.98995", "0.9895"),  # lifted over the bar
        (SHARD, {"measured_solved": "0.99"}, "test_accuracy", "0.9899", "0.99005", "0.9905"),
        (SHARD, PLAIN, "realisation_shape_error", "0.19", "0.199", "0.22"),  # near Phi is below 0.2
        (SHARD, PLAIN, "realisation_shape_error", "0.2001", "0.19995", "0.199"),
        (SHARD, PLAIN, "data_worst_decoding_accuracy", "0.9801", "0.97995", "0.979"),  # stored
        (SHARD, {"unedited_success": "1"}, "data_edit_success", "0.9001", "0.89995", "0.897"),  # obeys
        (MEMORY, PLAIN, "fresh_attracting", "12", "12", "11"),
        (SHARD, PLAIN, "verdict", "did not learn", "did not learn", "solves it"),
        (SHARD, PLAIN, "phi_eigenvalues", "36", "36", "35"),
        (SHARD, PLAIN, "spectral_error", "0.25", "0.2500005", "0.2501"),
        (SHARD, PLAIN, "spectral_error", "1e-9", "2e-8", "2e-6"),
        (SHARD, BEST, "spectral_error", "0.25", "", "0.24"),  # rounding decides whether it exists
        (SHARD, BEST, "spectral_error", "", "", "0.25"),
        (SHARD, BEST, "spectral_error", "0.24", "0.24", ""),
        (SHARD, PLAIN, "power_condition", "1e7", "5e11", "9e5"),
        (SHARD, PLAIN, "power_condition", "1e5", "1.02e5", "5e11"),
        (SHARD, PLAIN, "power_condition", "inf", "5e11", "50"),
        (SHARD, SOLVES, "data_condition", "1e5", "1.0005e5", "1.002e5"),
        (SHARD, PLAIN, "data_gain", "1.0", "1.02", "1.04"),
        (SHARD, PLAIN, "data_gain", "1.0", "1.0", ""),
        (SHARD, SOLVES, "data_gain", "1.0", "1.0009", "1.002"),
        (SHARD, PLAIN, "power_gain", "1.0", "1.05", "1.2"),
        (SHARD, SOLVES, "power_gain", "1.0", "1.0009", "1.05"),
        (SHARD, SINGULAR, "power_map_error", "500", "9", ""),
        (SHARD, {"power_condition": "50"}, "power_map_error", "5", "5.4", "9"),
        (SHARD, SINGULAR, "power_edit_success", "0.5", "0.509", "0.6"),
        (SHARD, SINGULAR, "data_decoded_map_error", "5", "5.1", "9"),
        (SHARD, SOLVES, "memory_map_error", "0.5", "0.5004", "0.501"),
        (SHARD, PLAIN, "memory_map_error", "30.115", "30.127", "31.2"),  # memories in one plane
        (SHARD, SOLVES, "realisation_gain", "0.5", "0.5004", "0.501"),
        (SHARD, PLAIN, "data_edit_success", "0.95", "0.941", "0.93"),
        (SHARD, PLAIN, "recall", "0.5", "0.519", "0.53"),  # of a network on a stream
        (SOLUTIONS, PLAIN, "least_kept_dimension", "0.5", "0.509", "0.53"),
        (SOLUTIONS, PLAIN, "lost_size", "0.5", "0.504", "0.53"),
        (ABLATIONS, PLAIN, "core_first_rest", "0.5", "0.501", "0.53"),
        (ABLATIONS, PLAIN, "core_last_within_rest", "0.5", "0.54", "0.56"),
        (ABLATIONS, PLAIN, "core_dim", "36", "36", "36.01"),
        (MEMORY, PLAIN, "accuracy_at_3000", "0.98", "0.955", "0.93"),
        (MEMORY, PLAIN, "cycle_multiplier", "1e-9", "0.019", "0.03"),
        (MEMORY, PLAIN, "fresh_kept", "11", "12", "9"),
        (MEMORY, PLAIN, "fresh_attracting", "11", "10", "9"),
        (MEMORY, SOLVES, "fresh_multiplier", "0.9", "0.9008", "0.902"),
        (COMPARED, {"differs": "seed"}, "dynamics", "0.01", "0.02", "0.04"),
        (COMPARED, {"differs": "seed"}, "spectrum", "0.4", "0.4000000000001", "0.3"),
        (COMPARED, {"differs": "chance"}, "spectrum", "0.4", "0.3", "0.15"),
        (GRADIENTS, PLAIN, "gradient_trained_50", "1.3", "1.301", "1.31"),
        (GRADIENTS, PLAIN, "gradient_initial_50", "9.236e-13", "9.237e-13", "9.3e-13"),
        (GRADIENTS, PLAIN, "gradient_trained_200", "5e14", "5.001e14", "1.3"),  # the other is not chaotic
        (GRADIENTS, CHAOTIC, "gradient_trained_50", "13", "17", ""),
        (ARCHITECTURE, PLAIN, "state_dim", "512", "512", "520"),
        (ARCHITECTURE, PLAIN, "gain", "1.0", "1.02", "1.04"),
        ("measurements.csv", PLAIN, "test_accuracy", "0.5", "0.5000000000001", "0.50009"),
        ("measurements/learning.csv", PLAIN, "loss", "0.5", "0.5000000000001", "0.5001"),
        ("measurements/ablations.csv", PLAIN, "core_first_rest", "0.5", "0.5000000000001", "0.5001"),
        ("tables/ablations.csv", PLAIN, "solved", "5", "5", "4"),
        (OF_PAPER, PLAIN, "accuracy", "0.5", "0.5000000000001", "0.50009"),
    ],
)
def test_each_column_may_differ_as_the_table_says(
    tmp_path: Path, name: str, beside: dict[str, str], column: str, there: str, same: str, other: str
) -> None:
    """What else the same row has may decide it."""
    published = _table(tmp_path / "there.csv", **beside, **{column: there})
    for made, problems in ((same, []), (other, [f"{column} of a is {there or 'none'}, and {other or 'none'} when"])):
        said = differences(published, _table(tmp_path / "made.csv", **beside, **{column: made}), name, OF_NETWORKS)
        assert [problem.partition(" made again")[0] for problem in said] == problems


def test_what_crosses_the_bar_of_a_claim_is_named_with_it(tmp_path: Path) -> None:
    """As a difference, or where rounding explains it, as what rounding moved; with what says on which side it is."""
    about = {"measured_solved": "0.99", "solved": "1", "verdict": "linearly stored and editable"}
    now = {"measured_solved": "0.99", "solved": "0", "verdict": "did not learn"}
    there = _table(tmp_path / "there.csv", test_accuracy="0.9901", **about)
    near, far = (_table(tmp_path / f"{cell}.csv", test_accuracy=cell, **now) for cell in ("0.9899", "0.9895"))
    bar = "when made again, across the bar of a claim (test_accuracy below 0.99)"
    assert differences(there, near, SHARD, OF_NETWORKS) == []
    assert crossings(there, near, OF_NETWORKS) == [f"test_accuracy of a is 0.9901, and 0.9899 {bar}"]
    assert differences(there, far, SHARD, OF_NETWORKS) == [f"test_accuracy of a is 0.9901, and 0.9895 {bar}"]
    assert crossings(there, there, OF_NETWORKS) == []
    beside = {"power_gain": "9", **about}
    first = _table(tmp_path / "first.csv", test_accuracy="0.9901", **beside)
    both = _table(tmp_path / "both.csv", test_accuracy="0.9895", **{**beside, "power_gain": "1"})
    assert differences(first, both, SHARD, OF_NETWORKS) == [f"test_accuracy of a is 0.9901, and 0.9895 {bar}"], (
        "before any other"
    )
    about["verdict"] = "solves the task without it"
    moved = _table(tmp_path / "moved.csv", test_accuracy="0.9901", **about)
    assert len(differences(there, moved, SHARD, OF_NETWORKS)) == 1, "a word alone"


@pytest.mark.parametrize(
    "name", ["measurements.csv", "tables/bases.csv", GRADIENTS, SOLUTIONS, "architectures/rnn.csv"]
)
def test_a_large_number_in_a_column_sets_no_other_free(tmp_path: Path, name: str) -> None:
    there, made = tmp_path / "there.csv", tmp_path / "made.csv"
    there.write_text("run_id,gain\na,1e30\nb,1.3\nc,0.1\n")
    made.write_text("run_id,gain\na,1e30\nb,2.6\nc,0.2\n")
    assert [said.partition(" is ")[0] for said in differences(there, made, name, OF_NETWORKS)] == [
        "gain of b",
        "gain of c",
    ]


def test_numbers_in_a_text_beside_arrays_are_compared_each_by_its_size(tmp_path: Path) -> None:
    def write(name: str, **about: float) -> Path:
        np.savez(tmp_path / name, about=np.array(json.dumps(about)))
        return tmp_path / name

    there = write("there.npz", l2=0.001, spectral_error=9e-4)
    for name in ("measurements/exemplars/T1.npz", "measurements/page.npz", "architectures/x/look.npz"):
        assert differences(there, write("a.npz", l2=0.001, spectral_error=9e-4 * (1 + 1e-12)), name, OF_NETWORKS) == []
        assert differences(there, write("b.npz", l2=0.001, spectral_error=1e-7), name, OF_NETWORKS)
        assert differences(there, write("c.npz", l2=0.0, spectral_error=9e-4), name, OF_NETWORKS)


def test_weights_and_what_a_task_says_are_copied_to_the_last_bit(tmp_path: Path) -> None:
    for name, array in (("measurements/page.npz", "T1/W_hh"), ("measurements/exemplars/T1.npz", "W_hh")):
        np.savez(tmp_path / "there.npz", **{array: np.eye(2, dtype=np.float32)})
        np.savez(tmp_path / "made.npz", **{array: np.eye(2, dtype=np.float32) * np.float32(1 + 1e-6)})
        assert differences(tmp_path / "there.npz", tmp_path / "made.npz", name, OF_NETWORKS) == [
            f"{array} is another when made again"
        ]


def test_every_network_that_differs_is_named(tmp_path: Path) -> None:
    there, made = tmp_path / "there.csv", tmp_path / "made.csv"
    there.write_text("run_id,data_gain,data_map_error\n" + "".join(f"r{i},1,1\n" for i in range(30)))
    made.write_text("run_id,data_gain,data_map_error\n" + "".join(f"r{i},{1 + i % 2},2\n" for i in range(30)))
    said = differences(there, made, SHARD, OF_NETWORKS)
    assert said[0] == "data_map_error of r0 is 1, and 2 when made again"
    assert said[1] == "data_gain of r1 is 1, and 2 when made again"
    assert len(said) == 30


def test_the_table_fits_a_screen_and_the_documentation_shows_it() -> None:
    own = [kind.tolerances for kind in kinds.all_kinds()]
    assert max(map(len, own)) <= 3
    assert len(TABLE) - sum(map(len, own)) <= 13
    assert as_markdown() in (Path(__file__).parents[2] / "docs" / "audit.md").read_text()
