"""The page itself, one file that opens from disk: its sources put together with what they show."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emtvb.page.content import Shown

VIEW = tuple(
    Path(__file__).with_name(f"{name}.mjs")
    for name in (
        "network",
        "address",
        "lasting",
        "elements",
        "drawing",
        "subjects",
        "streams",
        "session",
        "memory",
        "strips",
        "gain",
        "inputs",
        "circle",
        "amplitudes",
        "tries",
        "view",
    )
)
"""The view's modules, each after those that it imports."""
START = Path(__file__).with_name("start.mjs")
STYLE = Path(__file__).with_name("edit.css")
TEMPLATE = Path(__file__).with_name("edit.html")
TITLES = {"tasks": "Edit a running network", "streams": "Edit a running network on streams"}
HEADERS = {kind: Path(__file__).with_name(f"of_{kind}.html") for kind in TITLES}
"""What the page says of its networks before it shows them: of the paper's kind of task, or of streams."""

_IMPORT = re.compile(r"^import \{[^}]*\} from \"\./[a-z]+\.mjs\";\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const|function|class|async)", re.MULTILINE)


def page_text(shown: Sequence[Shown], first: dict[str, Any] | None = None, found: str | None = None) -> str:
    """The page as text.

    Args:
        shown: Its networks, the first of which it opens with.
        first: What it opens with where its address says nothing, by the keys of the address's fragment.
        found: The address of docs/memory.md, seen from the page; without it there is no link.
    """
    script = bundled_modules(*VIEW, START)
    style = STYLE.read_text("utf-8")
    kind = "streams" if "lengths" in shown[0].about else "tasks"
    data = json.dumps({"networks": [network.as_json() for network in shown], "first": first or {}, "found": found})
    parts = {
        "script": script,
        "style": style,
        "script-hash": _policy_hash(script),
        "style-hash": _policy_hash(style),
        "data": data.replace("<", "\\u003c"),  # else a name with </script> in it would end the data
        "title": TITLES[kind],
        "header": HEADERS[kind].read_text("utf-8"),
    }
    return re.sub(r"\{\{ ([a-z-]+) \}\}", lambda match: parts[match[1]], TEMPLATE.read_text("utf-8"))


def bundled_modules(*modules: Path) -> str:
    """ES modules as one, in this order: what each exports is the others' as well.

    They have no name in common, which a browser refuses; imports between them are of one line, by name.
    """
    texts = [path.read_text("utf-8") for path in modules]
    last = len(texts) - 1
    return "\n".join(
        (text if i == last else _EXPORT.sub("", text)) for i, text in enumerate(_IMPORT.sub("", text) for text in texts)
    )


def _policy_hash(text: str) -> str:
    """What a content security policy calls a text by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
