"""Files that are made again and differ by rounding alone are the same; those that say something else are not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from emtvb.audit.compare import as_markdown, differences


def arrays(path: Path, about: dict[str, object], **given: object) -> Path:
    np.savez(path, about=np.array(json.dumps(about)), phi=np.eye(2), **given)
    return path


@pytest.mark.parametrize(
    ("again", "says"),
    [
        ({"accuracy": 0.97, "name": "a"}, ""),
        ({"accuracy": 0.9700000000000012, "name": "a"}, ""),  # another last digit, and so a longer text
        ({"accuracy": 0.98, "name": "a"}, "about says something else when made again"),
        ({"accuracy": 0.97, "name": "another"}, "about says something else when made again"),
    ],
)
def test_what_arrays_say_in_words_is_held_to_what_it_means(tmp_path: Path, again: dict[str, object], says: str) -> None:
    there = arrays(tmp_path / "there.npz", {"accuracy": 0.97, "name": "a"})
    said = differences(there, arrays(tmp_path / "made.npz", again), "measurements/exemplars/T1.npz")
    assert said == ([says] if says else [])


def test_arrays_of_another_shape_or_kind_are_others(tmp_path: Path) -> None:
    there = arrays(tmp_path / "there.npz", {}, values=np.zeros(3))
    for other in (np.zeros(4), np.zeros(3, np.float32), np.zeros(3, int), np.array(["a", "b", "c"])):
        made = arrays(tmp_path / "made.npz", {}, values=other)
        assert differences(there, made, "measurements/exemplars/T1.npz") == ["values has another shape when made again"]


def test_damaged_arrays_are_a_difference(tmp_path: Path) -> None:
    """Cut off, empty, or with any byte changed."""
    made = arrays(tmp_path / "made.npz", {}, values=np.arange(50.0))
    whole, there = made.read_bytes(), tmp_path / "there.npz"
    flipped = [whole[:i] + bytes([whole[i] ^ 255]) + whole[i + 1 :] for i in range(0, len(whole), 7)]
    for content in (b"", whole[:100], whole[:-1], b"other", *flipped):
        there.write_bytes(content)
        said = differences(there, made, "measurements/exemplars/T1.npz")
        assert len(said) <= 1
    there.write_bytes(whole[:100])
    assert "cannot be read" in differences(there, made, "measurements/exemplars/T1.npz")[0]


def _table(path: Path, **cells: str) -> Path:
    path.write_text(f"run_id,{','.join(cells)}\na,{','.join(cells.values())}\nb,{','.join('1' for _ in cells)}\n")
    return path


SHARD = "measurements/s.csv"
SOLVES = {"test_accuracy": "0.995"}
GRADIENTS, CHAOTIC = "measurements/gradients.csv", {"gradient_trained_200": "5e14"}
COMPARED = "measurements/comparison.csv"
SINGULAR = {"power_condition": "inf", "data_condition": "50"}
ERRORS = {"network_eigenvalues": "4", "phi_eigenvalues": "4", "spectral_error": "", "optimal_spectral_error": "0.25",
          "matched_spectral_error": "0.25"}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "there", "made", "differs"),
    [
        (SHARD, {"test_accuracy": "0.5"}, {"test_accuracy": "0.50009"}, False),
        (SHARD, {"test_accuracy": "0.5"}, {"test_accuracy": "0.5009"}, True),
        (SHARD, {"test_accuracy": "0.9995"}, {"test_accuracy": "0.9997"}, True),
        (COMPARED, {"differs": "seed", "dynamics": "0.01"}, {"differs": "seed", "dynamics": "0.02"}, False),
        (COMPARED, {"differs": "seed", "dynamics": "0.01"}, {"differs": "seed", "dynamics": "0.04"}, True),
        (COMPARED, {"differs": "chance", "spectrum": "0.4"}, {"differs": "chance", "spectrum": "0.3"}, False),
        (COMPARED, {"differs": "seed", "spectrum": "0.4"}, {"differs": "seed", "spectrum": "0.3"}, True),
        (SHARD, {"verdict": "did not learn"}, {"verdict": "solves it"}, True),
        (SHARD, {"phi_eigenvalues": "36"}, {"phi_eigenvalues": "35"}, True),
        (SHARD, {"spectral_error": "0.25"}, {"spectral_error": "0.15"}, True),
        (SHARD, {"spectral_error": "0.25"}, {"spectral_error": "0.25000005"}, False),
        (SHARD, {"spectral_error": "1e-9"}, {"spectral_error": "2e-8"}, False),
        (SHARD, {"memory_condition": "1e7"}, {"memory_condition": "5e11"}, False),
        (SHARD, {"memory_condition": "1e5"}, {"memory_condition": "5e11"}, True),
        (SHARD, {"data_gain": "1.0"}, {"data_gain": "1.02"}, False),
        (SHARD, {"data_gain": "1.0"}, {"data_gain": "1.04"}, True),
        (SHARD, {"data_gain": "1.0"}, {"data_gain": ""}, True),
        (SHARD, {**SINGULAR, "power_map_error": "500"}, {**SINGULAR, "power_map_error": "9"}, False),
        (SHARD, {**SINGULAR, "power_map_error": "500"}, {**SINGULAR, "power_map_error": ""}, True),
        (SHARD, {**SINGULAR, "power_edit_success": "0.5"}, {**SINGULAR, "power_edit_success": "0.6"}, True),
        (SHARD, {**SINGULAR, "data_decoded_map_error": "5"}, {**SINGULAR, "data_decoded_map_error": "9"}, True),
        (SHARD, {**SINGULAR, **SOLVES, "power_map_error": "500"}, {**SINGULAR, **SOLVES, "power_map_error": "9"}, True),
        (
            SHARD,
            {"power_condition": "50", "power_map_error": "5"},
            {"power_condition": "50", "power_map_error": "9"},
            True,
        ),
        (
            SHARD,
            {"power_condition": "inf", "power_map_error": "5"},
            {"power_condition": "50", "power_map_error": "9"},
            True,
        ),
        (SHARD, {**SOLVES, "data_gain": "1.0"}, {**SOLVES, "data_gain": "1.0009"}, False),
        (SHARD, {**SOLVES, "data_gain": "1.0"}, {**SOLVES, "data_gain": "1.002"}, True),
        (SHARD, {**SOLVES, "data_condition": "1e5"}, {**SOLVES, "data_condition": "1.002e5"}, True),
        (SHARD, {"power_gain": "1.0"}, {"power_gain": "1.05"}, False),
        (SHARD, {"power_gain": "1.0"}, {"power_gain": "1.2"}, True),
        (SHARD, {**SOLVES, "power_gain": "1.0"}, {**SOLVES, "power_gain": "1.05"}, True),
        (SHARD, {**SOLVES, "memory_map_error": "0.5"}, {**SOLVES, "memory_map_error": "0.500001"}, False),
        (SHARD, {**SOLVES, "memory_map_error": "0.5"}, {**SOLVES, "memory_map_error": "0.5001"}, True),
        (SHARD, {"memory_map_error": "30.115"}, {"memory_map_error": "30.127"}, False),  # memories in one plane
        (SHARD, {"realisation_gain": "0.5"}, {"realisation_gain": "0.500001"}, False),
        (SHARD, {"realisation_gain": "0.5"}, {"realisation_gain": "0.5001"}, True),
        (SHARD, {"data_edit_success": "0.95"}, {"data_edit_success": "0.941"}, False),
        (SHARD, {"data_edit_success": "0.95"}, {"data_edit_success": "0.93"}, True),
        ("measurements/solutions/s.csv", {"least_kept_dimension": "0.5"}, {"least_kept_dimension": "0.509"}, False),
        ("measurements/solutions/s.csv", {"lost_size": "0.5"}, {"lost_size": "0.509"}, True),
        ("measurements/ablations/s.csv", {"core_first_rest": "0.5"}, {"core_first_rest": "0.501"}, False),
        ("measurements/ablations/s.csv", {"core_first_rest": "0.5"}, {"core_first_rest": "0.504"}, True),
        ("measurements/ablations/s.csv", {"core_last_within": "0.5"}, {"core_last_within": "0.51"}, False),
        ("measurements/ablations/s.csv", {"core_last_within": "0.5"}, {"core_last_within": "0.52"}, True),
        ("measurements/ablations/s.csv", {"core_last_within_rest": "0.5"}, {"core_last_within_rest": "0.54"}, False),
        ("measurements/ablations/s.csv", {"core_last_within_rest": "0.5"}, {"core_last_within_rest": "0.56"}, True),
        ("measurements/ablations/s.csv", {"core_dim": "36"}, {"core_dim": "36.01"}, True),
        ("measurements/onions/a.csv", {"accuracy": "0.92"}, {"accuracy": "0.924"}, False),
        ("measurements/onions/a.csv", {"accuracy": "0.92"}, {"accuracy": "0.93"}, True),
        ("measurements/onions/a.csv", {"linear_p": "0.0005"}, {"linear_p": "0.05"}, True),
        ("tables/gradients.csv", {"median": "1.757e-46"}, {"median": "9e-13"}, True),
        ("architectures/x/measurements.csv", {"state_dim": "512"}, {"state_dim": "520"}, True),
        ("measurements/ablations.csv", {"core_first_rest": "0.5"}, {"core_first_rest": "0.5001"}, True),
        ("tables/ablations.csv", {"solved": "5"}, {"solved": "4"}, True),
        (SHARD, ERRORS, {**ERRORS, "spectral_error": "0.25"}, True),
        (SHARD, {**ERRORS, "spectral_error": "0.25"}, ERRORS, False),
        (SHARD, ERRORS, {**ERRORS, "spectral_error": "0.24"}, True),
        (SHARD, {**ERRORS, "phi_eigenvalues": "1"}, {**ERRORS, "spectral_error": "0.25", "phi_eigenvalues": "1"}, True),
        ("tables/table1.csv", {"accuracy": "0.5"}, {"accuracy": "0.50009"}, True),
        ("tables/table1.csv", {"accuracy": "0.5"}, {"accuracy": "0.5000000000001"}, False),
        ("tables/table1.csv", {"accuracy": " 0.5 "}, {"accuracy": "0.5"}, True),
        ("tables/table1.csv", {"accuracy": "\N{ARABIC-INDIC DIGIT ZERO}.5"}, {"accuracy": "0.5"}, True),
        ("tables/table1.csv", {"accuracy": "1_0"}, {"accuracy": "10"}, True),
        ("measurements.csv", {"test_accuracy": "0.5"}, {"test_accuracy": "0.50009"}, True),
        ("measurements/learning.csv", {"loss": "0.5"}, {"loss": "0.5001"}, True),
        ("architectures/x/measurements.csv", {"gain": "1.0"}, {"gain": "1.02"}, False),
        (GRADIENTS, {"gradient_trained_50": "1.3"}, {"gradient_trained_50": "1.301"}, False),
        (GRADIENTS, {"gradient_trained_50": "1.3"}, {"gradient_trained_50": "1.31"}, True),
        (GRADIENTS, {**CHAOTIC, "gradient_trained_50": "13"}, {**CHAOTIC, "gradient_trained_50": "17"}, False),
        (GRADIENTS, {"gradient_trained_200": "5e14"}, {"gradient_trained_200": "1.3"}, True),  # it is not chaotic
    ],
)
def test_each_column_may_differ_as_the_table_says(
    tmp_path: Path, name: str, there: dict[str, str], made: dict[str, str], differs: bool
) -> None:
    said = differences(_table(tmp_path / "there.csv", **there), _table(tmp_path / "made.csv", **made), name)
    assert bool(said) == differs
    assert all(" of a is " in one for one in said)


def test_rounding_of_a_network_excuses_its_accuracy_and_nothing_else(tmp_path: Path) -> None:
    for column, excused in (("test_accuracy", True), ("data_gain", False)):
        there, made = (_table(tmp_path / f"{cell}.csv", **{column: cell}) for cell in ("0.50", "0.61"))
        assert differences(there, made, SHARD)
        assert (differences(there, made, SHARD, {"a": 0.2}.__getitem__) == []) == excused


@pytest.mark.parametrize(
    "name", ["measurements.csv", "tables/bases.csv", GRADIENTS, "measurements/solutions/s.csv", "architectures/rnn.csv"]
)
def test_a_large_number_in_a_column_sets_no_other_free(tmp_path: Path, name: str) -> None:
    there, made = tmp_path / "there.csv", tmp_path / "made.csv"
    there.write_text("run_id,gain\na,1e30\nb,1.3\nc,0.0001\n")
    made.write_text("run_id,gain\na,1e30\nb,2.6\nc,0.0002\n")
    assert [said.partition(" is ")[0] for said in differences(there, made, name)] == ["gain of b", "gain of c"]


def test_numbers_in_a_text_beside_arrays_are_compared_each_by_its_size(tmp_path: Path) -> None:
    def write(name: str, **about: float) -> Path:
        np.savez(tmp_path / name, about=np.array(json.dumps(about)))
        return tmp_path / name

    there = write("there.npz", l2=0.001, spectral_error=9e-4)
    for name in ("measurements/exemplars/T1.npz", "measurements/page.npz", "architectures/x/look.npz"):
        assert differences(there, write("a.npz", l2=0.001, spectral_error=9e-4 * (1 + 1e-12)), name) == []
        assert differences(there, write("b.npz", l2=0.001, spectral_error=1e-7), name)
        assert differences(there, write("c.npz", l2=0.0, spectral_error=9e-4), name)


def test_weights_and_what_a_task_says_are_copied_to_the_last_bit(tmp_path: Path) -> None:
    for name, array in (("measurements/page.npz", "T1/W_hh"), ("measurements/exemplars/T1.npz", "W_hh")):
        np.savez(tmp_path / "there.npz", **{array: np.eye(2, dtype=np.float32)})
        np.savez(tmp_path / "made.npz", **{array: np.eye(2, dtype=np.float32) * np.float32(1 + 1e-6)})
        assert differences(tmp_path / "there.npz", tmp_path / "made.npz", name) == [
            f"{array} is another when made again"
        ]


def test_every_network_that_differs_is_named(tmp_path: Path) -> None:
    there, made = tmp_path / "there.csv", tmp_path / "made.csv"
    there.write_text("run_id,data_gain,data_map_error\n" + "".join(f"r{i},1,1\n" for i in range(30)))
    made.write_text("run_id,data_gain,data_map_error\n" + "".join(f"r{i},{1 + i % 2},2\n" for i in range(30)))
    said = differences(there, made, SHARD)
    assert said[0] == "data_map_error of r0 is 1, and 2 when made again"
    assert said[1] == "data_gain of r1 is 1, and 2 when made again"
    assert (len(said), said[-1]) == (21, "and so on, 30 times")


def test_texts_and_pictures_are_the_same_to_the_byte_and_json_but_for_rounding(tmp_path: Path) -> None:
    for suffix, there, made, differs in (
        ("md", "a 0.1", "a 0.2", True),
        ("md", "a\nb\n", "a\r\nb\n", True),
        ("csv", "run_id,x\na,1.0\n", "run_id,x\na,1\n", False),
        ("csv", "run_id,x\na,1_0\n", "run_id,x\na,10\n", True),  # of which only Python makes a number
        ("png", "a", "b", True),
        ("json", '{"a": [0.1]}', '{"a": [0.10000000000000002]}', False),
        ("json", '{"a": [0.1]}', '{"a": [0.2]}', True),
        ("json", "[", "[]", True),
        ("json", '{"a": false}', '{"a": 0}', True),
        ("json", '{"a": 0}', '{"a": 0.0}', False),  # as YAML and JSON have the same setting
        ("json", '{"a": 1, "a": 2}', '{"a": 2}', True),
    ):
        one, other = tmp_path / f"one.{suffix}", tmp_path / f"other.{suffix}"
        one.write_bytes(there.encode())
        other.write_bytes(made.encode())
        assert bool(differences(one, other, f"x.{suffix}")) == differs


def test_a_table_that_is_written_otherwise_is_another(tmp_path: Path) -> None:
    there, made = tmp_path / "there.csv", tmp_path / "made.csv"
    made.write_bytes(b"run_id,a\nx,0.5\n")
    for content in (b"run_id,a\r\nx,0.5\r\n", b'run_id,a\nx,"0.5"\n', b"run_id,a\nx,0.5"):
        there.write_bytes(content)
        assert ["is written otherwise" in one for one in differences(there, made, "tables/a.csv")] == [True]
    there.write_bytes(b"run_id,a\nx,0.50000000000001\n")
    assert differences(there, made, "tables/a.csv") == []


def test_a_difference_is_said_in_words_that_show_it(tmp_path: Path) -> None:
    one, other = tmp_path / "one.md", tmp_path / "other.md"
    one.write_bytes(b"a\r\n")
    other.write_bytes(b"a\n")
    assert differences(one, other, "x.md") == ["ends its lines otherwise when made again"]
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text("run_id,x\na\n")
    other.write_text("run_id,x\na,1\n")
    assert differences(one, other, "x.csv") == ["cannot be read (row 2 has 1 cells, and the first 2)"]


def test_the_documentation_shows_the_table() -> None:
    assert as_markdown() in (Path(__file__).parents[2] / "docs" / "audit.md").read_text()


def test_what_methods_cost_may_be_anything_and_what_they_do_may_not(tmp_path: Path) -> None:
    name = "measurements/methods/a.csv"
    for file, cells in (("old", "a,0.5,0.50,1.0"), ("slow", "a,90.0,0.55,1.0"), ("other", "a,0.5,0.70,1.0")):
        (tmp_path / f"{file}.csv").write_text(f"network,seconds,success,reading\n{cells}\n")
    assert differences(tmp_path / "old.csv", tmp_path / "slow.csv", name) == []
    (said,) = differences(tmp_path / "old.csv", tmp_path / "other.csv", name)
    assert said.startswith("success of a is 0.50, and 0.70")
