"""The documentation as a site: `make docs` has Sphinx build it in site/, which can be opened from disk.

Pages are the Markdown of the repository as it lies there, and the notebooks as they are stored; links among them need
nothing. docs/README.md says in which order they stand, by reader. The reference gets what the code says of public
names, and a link to any other file leads to a copy at the same place in the site.
"""

from __future__ import annotations

import os
import re
import shutil
from html import unescape
from pathlib import Path
from pkgutil import resolve_name
from typing import Any
from urllib.parse import unquote

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

import emtvb

ROOT = Path(__file__).parents[1]
INDEX = ROOT / "docs" / "README.md"
LIVE = ("results/paper/edit.html", "results/streams/edit.html", "results/paper/verdicts.html")
"""Pages with scripts of their own, which are in the site as they are published, with the files that they link to.

Where they lead to a page of the documentation, they lead to that of the site.
"""

GIVEN = ("emtvb.experiments.published.Published", "emtvb.core.editing.requests.Change")
"""Classes that the reference has besides those of the public face, which gives or takes them."""

project, author = "emtvb", "The emtvb authors"
release = version = emtvb.__version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
root_doc = "README"
include_patterns = ["*.md", "config/*.md", "docs/*.md", "notebooks/*.ipynb"]
exclude_patterns = [".*", "CODE_OF_CONDUCT.md", "SECURITY.md"]
myst_enable_extensions = ["html_image"]
myst_heading_anchors = 4
nb_execution_mode = "off"
# A widget would need scripts from elsewhere: the site says in words what it is.
nb_ipywidgets_js: dict[str, Any] = {}
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autoclass_content = "both"
add_module_names = False
napoleon_use_ivar = True
napoleon_use_rtype = False

html_theme = "pydata_sphinx_theme"
html_title = "emtvb"
html_theme_options = {
    "navbar_center": [],
    "navbar_align": "left",
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
html_sidebars = {"**": ["pages.html"]}
templates_path = ["templates"]
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_show_sourcelink = False
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True


def add_order(app: Sphinx, docname: str, source: list[str]) -> None:
    """Append the order of pages to the first page: what docs/README.md links to, below each reader, and the rest."""
    if docname != root_doc:
        return
    waiting = app.env.found_docs - {root_doc}
    readers = {}
    for part in re.split(r"^(?=\*\*|## )", INDEX.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        links = re.findall(r"\]\(([^)#]+)\.(?:md|ipynb)\)", part)
        pages = [os.path.relpath(INDEX.parent / link, ROOT) for link in links]
        readers[part.partition("\n")[0].strip("*#. ")] = [page for page in dict.fromkeys(pages) if page in waiting]
        waiting -= {*pages}
    for caption, pages in {**readers, "More": sorted(waiting)}.items():
        source[0] += "\n".join(["", "```{toctree}", ":hidden:", f":caption: {caption}", *pages, "```", ""])


def add_arguments(_: Sphinx, docname: str, source: list[str]) -> None:
    """Append what the code says of public names: to the part of the reference whose heading has it, or to the end."""
    if docname != "docs/reference":
        return
    waiting = {name: f"{getattr(emtvb, name).__module__}.{name}" for name in emtvb.__all__}
    waiting |= {place.rpartition(".")[2]: place for place in GIVEN}
    parts = re.split(r"^(?=## )", source[0].rstrip() + "\n", flags=re.MULTILINE)
    for i, part in enumerate(parts):
        names = waiting if i == len(parts) - 1 else re.findall(r"\w+", part.splitlines()[0])
        parts[i] = part + "".join(_documented(waiting.pop(name)) for name in [*names] if name in waiting)
    source[0] = "".join(parts)


def _documented(place: str) -> str:
    found = resolve_name(place)
    kind = "autoclass" if isinstance(found, type) else "autofunction"
    members = "\n   :members:" if kind == "autoclass" else ""
    if kind == "autoclass" and not issubclass(found, Exception):
        members += "\n   :inherited-members:"
    return f"\n```{{eval-rst}}\n.. {kind}:: {place}{members}\n```\n\n"


def keep_anchors(_: Sphinx, __: str, source: list[str]) -> None:
    """Hide from MyST, which would drop them, the anchors of links to pages that are not its own."""
    source[0] = re.sub(r"(\]\([^)#]+\.html)#", r"\1%23", source[0])


COLON = "\ue000"
"""Stands for a colon while napoleon reads."""


def hide_colon(_: Sphinx, what: str, __: str, ___: object, ____: object, lines: list[str]) -> None:
    """Hide from napoleon, which would take what is before it for a type, a colon in the first line of a property."""
    if what == "property":
        lines[:1] = [lines[0].replace(":", COLON)]


def keep_bars(*arguments: Any) -> None:
    """Let bars in docstrings be bars: absolute values, and no names of substitutions. Hidden colons come back."""
    lines = [line.replace(COLON, ":") for line in arguments[-1]]
    arguments[-1][:] = [
        re.sub(r"``.*?``|\|", lambda found: found[0] if len(found[0]) > 1 else r"\|", line) for line in lines
    ]


def spell_factories(*arguments: Any) -> tuple[str | None, str | None]:
    """The signature with ``...`` for a default that is made anew, so that Sphinx can read it; and what is returned."""
    signature, returned = arguments[-2:]
    return signature and signature.replace("<factory>", "..."), returned


linked: set[str] = {*LIVE}


def keep_places(app: Sphinx, doctree: nodes.document) -> None:
    """Let links to files lead to where these lie, pictures to themselves, and links to folders to nothing."""
    here = Path(app.env.docname).parent
    for image in list(doctree.findall(nodes.image)):
        if "://" in image["uri"]:  # a badge, a picture from elsewhere
            image.parent.parent.remove(image.parent)
            continue
        picture = os.path.normpath(here / unquote(image["uri"]))
        if picture.startswith(("docs/", "results/")):  # and is no output of a notebook: it opens in its full size
            linked.add(picture)
            image.replace_self(nodes.reference("", "", image.copy(), refuri=os.path.relpath(picture, here)))
    for table in doctree.findall(nodes.table):  # on a phone each of its rows is a block (site.css)
        table["classes"] += ["answers"] * table.astext().strip().startswith("The paper says")
    links = [*doctree.findall(addnodes.download_reference), *doctree.findall(addnodes.pending_xref)]
    for node in links:
        path, _, anchor = unquote(node["reftarget"]).partition("#")
        anchor = anchor or node.get("reftargetid") or ""
        target = os.path.normpath(path if node.get("refdomain") == "doc" else here / path)
        if (ROOT / target).is_dir():
            node.replace_self(node.children)
        elif page := next((name for name in (f"{target}.html", target) if (ROOT / name).is_file()), None):
            linked.add(page)
            address = os.path.relpath(page, here) + (anchor and f"#{anchor}")
            node.replace_self(nodes.reference("", "", *node.children, refuri=address))


def copy_linked(app: Sphinx, error: Exception | None) -> None:
    """Copy the files that pages link to, with those that the live pages link to."""
    if error:
        return
    for page in LIVE:
        links = map(unescape, re.findall(r'\s(?:src|href)="([^"#:]+)', (ROOT / page).read_text("utf-8")))
        linked.update(os.path.normpath(Path(page).parent / link) for link in links)
    for name in filter(lambda name: (ROOT / name).is_file(), sorted(linked)):
        (app.outdir / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, app.outdir / name)
    for page in LIVE:
        text = (ROOT / page).read_text("utf-8")
        led = re.sub(r'(href="(?:\.\./)+(?:README|docs/[\w-]+))\.md"', r'\1.html"', text)
        (app.outdir / page).write_text(led, "utf-8")
    shutil.copyfile(app.outdir / "README.html", app.outdir / "index.html")


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", add_order)
    app.connect("source-read", add_arguments)
    app.connect("source-read", keep_anchors)
    app.connect("autodoc-process-signature", spell_factories)
    app.connect("autodoc-process-docstring", hide_colon, priority=400)  # before napoleon
    app.connect("autodoc-process-docstring", keep_bars)
    app.connect("doctree-read", keep_places, priority=100)  # before Sphinx gives files names of its own
    app.connect("build-finished", copy_linked)
