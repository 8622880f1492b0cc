"""All settings of an experiment on streams, defaults included, and the table of its runs (rule state_streams)."""

from emtvb import config
from emtvb.experiments.streams import settings
from emtvb.files import write_text
from emtvb.making.jobs import job

with job(snakemake) as this:
    experiment = settings.check(this.settings)
    write_text(snakemake.output.settings, config.dump(experiment))
    settings.write_run_table(snakemake.output.runs, experiment.shards())
