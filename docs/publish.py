"""Fill in the address of the repository, and the DOI of its archive: ``python docs/publish.py OWNER/NAME --doi DOI``.

No line needs them before; docs/publishing.md says what comes in which order. Another call puts another address in the
place of the first.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PARTS = {
    "<address>": r"[A-Za-z0-9](?:-?[A-Za-z0-9])*/[\w.-]*\w",
    "<image>": r"[a-z0-9-]+/[a-z0-9_.-]+",
    "<site>": r"https://[a-z0-9-]+\.github\.io/[\w.-]*\w",
    "<doi>": r"10\.\d{4,9}/[\w.-]*\w",
}
"""What is filled in, and how it is written. A container's name has small letters alone, as has a site's owner.

GitHub shows the text of a page with scripts; the site shows the page.
"""


class Place(NamedTuple):
    """Where something is filled in: a file, what stands there without, and with it."""

    file: str
    without: str
    filled: str

    def fill(self, text: str, part: str, value: str) -> str:
        """The text of the file with a value in it, which had none or another."""
        pattern = re.escape(self.filled).replace(re.escape(part), PARTS[part])
        if re.search(pattern, text):
            return re.sub(pattern, lambda _: self.filled.replace(part, value), text)
        if text.count(self.without) != 1:
            raise ValueError(f"{self.file}: has not once what is to be replaced: {self.without.strip()}")
        return text.replace(self.without, self.filled.replace(part, value))

    @property
    def part(self) -> str:
        """What is filled in here."""
        return next(part for part in PARTS if part in self.filled)


def _notebook(file: str, title: str, extras: str) -> list[Place]:
    """Of a notebook, which is JSON: badges below its title, and what its first cell installs."""
    here = f"notebooks/{file}"
    badges = [
        "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
        f"(https://colab.research.google.com/github/<address>/blob/main/{here})\n",
        "[![Open in Binder](https://mybinder.org/badge_logo.svg)]"
        f"(https://mybinder.org/v2/gh/<address>/HEAD?labpath={here})\n",
        "\n",
    ]
    first = "".join(f"    {json.dumps(line)},\n" for line in (f"# {title}\n", "\n"))
    install = [json.dumps(f'    %pip install -q "{package}"') for package in (f"..[{extras}]", _from_git(extras))]
    return [Place(here, first, first + "".join(f"    {json.dumps(line)},\n" for line in badges)), Place(here, *install)]


def _from_git(extras: str) -> str:
    return f"emtvb[{extras}] @ git+https://github.com/<address>"


SITE = "https://github.com/<address>"
URLS = (
    f'Repository = "{SITE}"\nDocumentation = "{SITE}/blob/main/docs/README.md"\n'
    f'Issues = "{SITE}/issues"\nChangelog = "{SITE}/blob/main/CHANGELOG.md"\n'
)
PAPER = '"relation": "isDerivedFrom", "resource_type": "publication-preprint"}'
SOFTWARE = f'{{"identifier": "{SITE}", "relation": "isSupplementTo", "resource_type": "software"}}'
QUESTION = (
    f"contact_links:\n  - name: A question about your own network\n    url: {SITE}/blob/main/docs/own-network.md\n"
    "    about: The guide has examples for most kinds of networks, and a list of what goes wrong.\n"
)
PERSON = '"author": [{"type": "Organization", "name": "The emtvb authors"}],\n'
REPORT = 'report: "workflow/report.rst"\n'
IMAGE = '\n\n# Of the Containerfile, where `--sdm apptainer` asks for it.\ncontainer: "docker://ghcr.io/<image>"\n'
BADGE = "[![DOI](https://zenodo.org/badge/DOI/<doi>.svg)](https://doi.org/<doi>)\n"
PLACES = (
    Place("CITATION.cff", "license: MIT\n", f"license: MIT\nrepository-code: {SITE}\n"),
    Place("codemeta.json", PERSON, f'{PERSON}  "codeRepository": "{SITE}",\n  "issueTracker": "{SITE}/issues",\n'),
    Place(".zenodo.json", f"{PAPER}\n", f"{PAPER},\n    {SOFTWARE}\n"),
    Place("pyproject.toml", "[project.urls]\n", f"[project.urls]\n{URLS}"),
    Place(".github/ISSUE_TEMPLATE/config.yml", "enabled: true\n", f"enabled: true\n{QUESTION}"),
    Place("Snakefile", REPORT, REPORT + IMAGE),
    Place("README.md", "`git clone --depth 1`", f"`git clone --depth 1 {SITE}`"),
    Place(
        "README.md",
        "](results/paper/edit.html)\n\n*[Edit what a running network stores](results/paper/edit.html).*",
        "](<site>/results/paper/edit.html)\n\n*[Edit what a running network stores](<site>/results/paper/edit.html).*",
    ),
    Place("docs/own-network.md", "Install it: ", f'Install it: `pip install "{_from_git("torch,plot")}"`, or '),
    *_notebook("demo.ipynb", "The variables inside a recurrent network: see them, edit them", "notebook,train"),
    *_notebook(
        "own_network.ipynb",
        "A network of your own: what it stores, and what happens when you change it",
        "notebook,torch",
    ),
    Place("CITATION.cff", "type: software\n", "type: software\ndoi: <doi>\n"),
    Place("codemeta.json", '"name": "emtvb",\n', '"name": "emtvb",\n  "identifier": "https://doi.org/<doi>",\n'),
    Place("README.md", "# emtvb\n\n", f"# emtvb\n\n{BADGE}\n"),
)


def publish(folder: Path, values: dict[str, str]) -> list[str]:
    """Fill in values, by part; returns the files that changed. None is written where one cannot be."""
    texts = {place.file: (folder / place.file).read_text("utf-8") for place in PLACES}
    old = dict(texts)
    for place in PLACES:
        if place.part in values:
            texts[place.file] = place.fill(texts[place.file], place.part, values[place.part])
    changed = [file for file in texts if texts[file] != old[file]]
    for file in changed:
        (folder / file).write_text(texts[file], "utf-8")
    return changed


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Fill in the address of the repository, and its archive's DOI.")
    parser.add_argument("address", metavar="OWNER/NAME", help="of the repository on GitHub")
    parser.add_argument("--doi", help="that the archive gave, such as 10.5281/zenodo.123; that of all versions")
    given = parser.parse_args()
    if (
        not re.fullmatch(PARTS["<address>"], given.address)
        or given.address == "OWNER/NAME"
        or given.address.endswith(".git")
    ):
        raise SystemExit(f"error: address: {given.address}: is not a repository's, such as somebody/emtvb")
    if given.doi and not re.fullmatch(PARTS["<doi>"], given.doi):
        raise SystemExit(f"error: --doi: {given.doi}: is no DOI, such as 10.5281/zenodo.123")
    owner, name = given.address.split("/")
    values = {
        "<address>": given.address,
        "<image>": given.address.lower(),
        "<site>": f"https://{owner.lower()}.github.io/{name}",
    } | ({"<doi>": given.doi} if given.doi else {})
    try:
        changed = publish(ROOT, values)
    except (OSError, ValueError) as error:
        raise SystemExit(f"error: {error}") from None
    print(f"written: {', '.join(changed)}" if changed else "it stands there already")


if __name__ == "__main__":
    main()
