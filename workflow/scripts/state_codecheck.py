"""Which of an experiment's files the paper's table and figures correspond to (rule state_codecheck)."""

from emtvb.files import write_text
from emtvb.making.jobs import job
from emtvb.paper import codecheck

with job(snakemake) as this:
    write_text(snakemake.output.manifest, codecheck.manifest(this.settings["tasks"]))
