"""How often the rules for published numbers err, by simulation (rule draw_evidence)."""

from emtvb.figures import evidence
from emtvb.figures.save import save
from emtvb.paper.operating import characteristics
from emtvb.running.jobs import job

with job(snakemake):
    rates = characteristics()
    save(evidence.draw(rates), evidence.numbers(rates), snakemake.output.csv.removesuffix(".csv"))
