"""The longest word (rule find_longest)."""

from pathlib import Path

from emtvb.making.jobs import job

with job(snakemake):
    _, *rows = Path(snakemake.input[0]).read_text().splitlines()
    Path(snakemake.output[0]).write_text(max(rows, key=lambda row: int(row.split(",")[1])).split(",")[0] + "\n")
