"""The page as a file: whole, small, and of readable sources."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from emtvb.errors import InputError
from emtvb.page import content, document
from emtvb.page.content import Shown
from emtvb.theory import tasks

from .conftest import made_up

STARTS = [document.START, document.START.with_name("widget.mjs")]
SOURCES = [*document.VIEW, *STARTS]


def data_of(text: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_nine_networks_of_the_largest_size_are_below_three_megabytes() -> None:
    shown, _, _ = made_up(tasks.named("T1"), 128)
    nine = [
        Shown({**shown.about, "id": str(i)}, shown.weights, {**shown.bases, "b": shown.bases["data"]}) for i in range(9)
    ]
    for network in nine:
        network.about["bases"] = {"data": {}, "b": {}}
    assert len(document.page_text(nine)) < 3_000_000


def test_what_is_saved_is_read_back_and_stands_on_the_page(tmp_path: Path) -> None:
    shown, network, memories = made_up(tasks.named("T2"), 12)
    content.write_networks(tmp_path / "page.npz", [shown])
    (back,) = content.read_networks(tmp_path / "page.npz")
    assert back.about == shown.about
    for name, array in network.arrays().items():
        np.testing.assert_array_equal(back.weights[name], array)
    (said,) = data_of(document.page_text([back]))["networks"]
    assert said == shown.as_json()
    assert said["bases"][0]["name"] == "data"
    content.write_networks(tmp_path / "again.npz", [shown])
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "page.npz").read_bytes()
    assert memories.stored.sum() == len(said["kept"])


@pytest.mark.parametrize("bytes_there", [None, b"", b"not a zip", b"PK\x03\x04", "another archive"])
def test_a_file_that_is_none_of_ours_is_one_line(tmp_path: Path, bytes_there: bytes | str | None) -> None:
    if isinstance(bytes_there, bytes):
        (tmp_path / "page.npz").write_bytes(bytes_there)
    elif bytes_there:
        np.savez(tmp_path / "page.npz", x=np.zeros(3))
    with pytest.raises(InputError, match="cannot be read"):
        content.read_networks(tmp_path / "page.npz")


def test_nothing_on_it_ends_its_data_or_asks_the_network() -> None:
    shown, _, _ = made_up(tasks.named("T1", 2, 2), 5)
    shown.about["id"] = "</script><script>alert(1)</script><!--"
    text = document.page_text([shown], {"edit": "</script>"})
    assert data_of(text)["networks"][0]["id"] == shown.about["id"]
    assert text.count("<script") == 2
    assert not re.search(r"https?://|url\(|@import", text)
    assert not re.search(r"\{\{ [a-z-]+ \}\}", text)


def test_every_module_is_in_the_bundle_after_those_that_it_imports() -> None:
    assert sorted(SOURCES) == sorted(document.START.parent.glob("*.mjs"))
    for last in STARTS:
        order = [path.name for path in (*document.VIEW, last)]
        for path in (*document.VIEW, last):
            for name in re.findall(r'^import .* from "\./([^"]+)";$', path.read_text(), re.MULTILINE):
                assert order.index(name) < order.index(path.name)


def test_the_bundle_is_the_modules_without_what_binds_them() -> None:
    for last in STARTS:
        text = document.bundled_modules(*document.VIEW, last)
        assert not re.search(r"^import ", text, re.MULTILINE)
        assert "Math.tanh(sum)" in text
        lines = [line for path in (*document.VIEW, last) for line in path.read_text().splitlines()]
        left = set(lines) - set(text.splitlines())
        assert all(re.match(r"(import \{|export )", line) for line in left)


@pytest.mark.parametrize("path", [*SOURCES, document.STYLE, document.TEMPLATE], ids=lambda path: path.name)
def test_sources_can_be_read(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert 10 < len(lines) < 500  # one idea each
    assert max(map(len, lines)) < 260
