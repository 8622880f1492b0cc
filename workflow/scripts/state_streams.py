"""All settings of an experiment on streams, defaults included, and the table of its runs (rule state_streams)."""

from emtvb import config
from emtvb.experiments.streams.settings import Streams, write_run_table
from emtvb.files import write_text
from emtvb.making.jobs import job

with job(snakemake) as this:
    experiment = Streams.check(this.settings)
    write_text(snakemake.output.settings, config.dump_settings(experiment))
    write_run_table(snakemake.output.runs, experiment.shards())
