"""All settings of a benchmark of methods, defaults included (rule state_methods)."""

from emtvb import config
from emtvb.experiments.methods import settings
from emtvb.files import write_text
from emtvb.making.jobs import job

with job(snakemake) as this:
    write_text(snakemake.output.settings, config.dump(settings.check(this.settings)))
