"""Captions of the report: text that docutils reads without a complaint."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from docutils.core import publish_string

CAPTIONS = sorted((Path(__file__).parents[2] / "workflow" / "report").glob("*.rst"))


@pytest.mark.parametrize("caption", CAPTIONS, ids=lambda path: path.stem)
def test_a_caption_has_a_title_and_no_mark_that_means_something_else(caption: Path) -> None:
    complaints, words = io.StringIO(), caption.read_text("utf-8")
    assert words.startswith("**"), "its first words, in bold, say what is to be seen"
    settings = {"warning_stream": complaints, "report_level": 1}
    publish_string(words, writer="html", settings_overrides=settings)
    assert complaints.getvalue() == ""
