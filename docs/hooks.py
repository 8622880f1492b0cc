"""A hook of MkDocs: pages that lie outside of docs/ are in the site as well, and so is every file that a page links to.

A link in a page is relative to where the page lies in the repository, so that it works there. Here it becomes a link
within the site: to a page, to the file itself, or, of a folder, to nothing.
"""

from __future__ import annotations

import os
import re
import shutil
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "config/README.md": "experiments.md",
}
"""Pages of the repository outside of docs/, and their names in the site."""
INSTEAD = {"docs/README.md": "README.md", "results/paper/verdicts.md": "results/paper/verdicts.html"}
"""What the site shows instead of a file."""
LIVE = ("results/paper/edit.html", "results/streams/edit.html", "results/paper/verdicts.html")
"""Pages with scripts of their own, which are in the site as they are published, with the files that they link to."""

_as_text: list[str] = []
_LINK = re.compile(r'(?P<before>\]\(|(?:src|href)=")(?P<target>[^)"\s#]+)(?P<anchor>#[^)"\s]*)?(?P<after>[)"])')
_NAMED = re.compile(r"(?<!!)\[(?P<text>[^\[\]]*)\]\((?P<target>[^)\s#]+)\)")
_REFERENCE = re.compile(r'\s(?:src|href)="([^"#]+)')
_FENCE = re.compile(r"(^```.*?^```\s*$)", re.MULTILINE | re.DOTALL)
_BADGE = re.compile(r"^\[!\[[^\]]*\]\(https://img\.shields\.io/.*\n", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages outside of docs/, the live pages, and what any page links to."""
    for place, name in PAGES.items():
        files.append(File.generated(config, name, content=_in_site((ROOT / place).read_text("utf-8"), place)))
    linked = {*LIVE}
    for place in [
        *PAGES,
        *(f"docs/{file.src_uri}" for file in files.documentation_pages() if file.generated_by is None),
    ]:
        for link in _LINK.finditer(_BADGE.sub("", (ROOT / place).read_text("utf-8"))):
            target = _shown(link["target"], place)
            if target and (ROOT / target).is_file() and _page_of(target) is None:
                linked.add(target)
    for place in LIVE:
        named = (_target(unescape(name), place) for name in _REFERENCE.findall((ROOT / place).read_text("utf-8")))
        linked.update(target for target in named if target and (ROOT / target).is_file())
    for target in sorted(linked):
        name = target.removeprefix("docs/")
        if name.endswith(".md"):
            _as_text.append(name)
        elif files.get_file_from_path(name) is None:
            files.append(File.generated(config, name, abs_src_path=str(ROOT / target)))
    return files


def on_post_build(config: MkDocsConfig, **_: object) -> None:
    """Copy Markdown that is no page of the site but that a live page links to."""
    while _as_text:
        name = _as_text.pop()
        place = Path(config.site_dir, name)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, place)


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Turn the links of a page in docs/ into links within the site."""
    return markdown if page.file.generated_by else _in_site(markdown, f"docs/{page.file.src_uri}")


def _in_site(markdown: str, place: str) -> str:
    """A page with links within the site, code left as it is; badges, which are pictures from elsewhere, go."""

    def moved(text: str) -> str:
        return _LINK.sub(lambda link: _moved(link, place), _NAMED.sub(lambda link: _without_folder(link, place), text))

    parts = _FENCE.split(_BADGE.sub("", markdown))
    return "".join(part if part.startswith("```") else moved(part) for part in parts)


def _without_folder(link: re.Match[str], place: str) -> str:
    """A link to a folder as its text alone: the site has files."""
    target = _target(link["target"], place)
    return link["text"] if target and (ROOT / target).is_dir() else link[0]


def _moved(link: re.Match[str], place: str) -> str:
    target = _shown(link["target"], place)
    if target is None or not (ROOT / target).exists():
        return link[0]  # of the web, or broken: then MkDocs says so
    anchor = link["anchor"] or ""
    if target in LIVE and anchor and link["target"].endswith("audit.md"):
        page = (ROOT / target).read_text("utf-8")
        anchor = anchor if f'id="{anchor[1:]}"' in page else "#table"
    here = (PAGES.get(place) or place.removeprefix("docs/")).rpartition("/")[0]
    there = _page_of(target) or target.removeprefix("docs/")
    return f"{link['before']}{os.path.relpath(there, here or '.')}{anchor}{link['after']}"


def _shown(link: str, place: str) -> str | None:
    """What the site shows for a link in a page."""
    target = _target(link, place)
    return INSTEAD.get(target, target) if target else None


def _target(link: str, place: str) -> str | None:
    """The file that a link in a file means, relative to the repository; None of the web."""
    if urlsplit(link).scheme or link.startswith("/"):
        return None
    return os.path.normpath(Path(place).parent / link)


def _page_of(target: str) -> str | None:
    """The page of the site that a file of the repository is; None of other files."""
    if target in PAGES:
        return PAGES[target]
    return target.removeprefix("docs/") if target.startswith("docs/") and target.endswith(".md") else None
