"""How many letters words have (rule count_letters)."""

from pathlib import Path

from emtvb.making.jobs import job


def letters(word: str) -> int:
    """The number of letters."""
    return len(word)


with job(snakemake) as this:
    lines = [f"{word},{letters(word)}\n" for word in this.settings["words"]]
    Path(snakemake.output[0]).write_text("".join(["word,letters\n", *lines]))
