"""The config becomes the table of runs (rule enumerate_runs)."""

import json

from emtvb import config, sweep
from emtvb.files import write_text
from emtvb.jobs import job

with job(snakemake.log[0]):
    experiment = config.check(json.loads(snakemake.params.settings))
    sweep.write_run_table(snakemake.output.runs, experiment.shards())
    write_text(snakemake.output.settings, config.dump(experiment))
