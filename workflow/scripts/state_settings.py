"""All settings of the experiment, defaults included (rule state_settings)."""

from emtvb import config
from emtvb.experiments import kinds
from emtvb.files import write_text
from emtvb.making.jobs import job

with job(snakemake) as this:
    write_text(snakemake.output.settings, config.dump_settings(kinds.experiment_from_config(this.settings)))
