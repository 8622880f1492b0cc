"""Other architectures' linearisation and step between memories (rule draw_architectures)."""

from emtvb.figures import architectures
from emtvb.figures.save import save
from emtvb.running.jobs import job

with job(snakemake):
    looks = [architectures.load(path) for path in snakemake.input.looks]
    save(architectures.draw(looks), architectures.numbers(looks), snakemake.output.csv.removesuffix(".csv"))
