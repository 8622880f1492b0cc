"""All settings of networks that repeat sequences, defaults included (rule state_onions)."""

from emtvb import config
from emtvb.experiments.onions import settings
from emtvb.files import write_text
from emtvb.making.jobs import job

with job(snakemake) as this:
    write_text(snakemake.output.settings, config.dump(settings.check(this.settings)))
