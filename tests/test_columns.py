from __future__ import annotations

import pandas as pd
import pytest

from emtvb.columns import check_numbers
from emtvb.errors import InputError

GOOD = {
    "run_id": ["a", "b"],
    "verdict": ["x", None],
    "test_accuracy": [1.0, float("nan")],
    "matched_eigenvalues": [1, 2],
}


def test_numbers_pass() -> None:
    table = pd.DataFrame(GOOD)
    assert check_numbers(table, "m.csv") is table


@pytest.mark.parametrize("text", ["lots", "1,5", "0.9.1"])
@pytest.mark.parametrize("column", ["test_accuracy", "matched_eigenvalues"])
def test_text_among_numbers_is_named(tmp_path, column: str, text: str) -> None:
    table = pd.DataFrame(GOOD).astype({column: object})
    table.loc[1, column] = text
    path = tmp_path / "m.csv"
    table.to_csv(path, index=False)
    with pytest.raises(InputError) as caught:
        check_numbers(pd.read_csv(path), path)
    message = str(caught.value)
    assert message.startswith(f"table {path}: {column} of b is {text!r}: not a number")
    assert "\n" not in message
