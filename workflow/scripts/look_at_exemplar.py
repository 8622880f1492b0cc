"""The arrays of the network that a task's figures show (rule look_at_exemplar)."""

import pandas as pd

from emtvb import config, networks
from emtvb.interpret import exemplar
from emtvb.jobs import job

with job(snakemake.log[0]):
    run = config.load(snakemake.input.settings).exemplars()[snakemake.wildcards.task]
    network = networks.load_networks(snakemake.input.weights, [run.run_id])[run.run_id]
    measurements = pd.read_csv(snakemake.input.measurements).set_index("run_id").loc[run.run_id]
    exemplar.save(snakemake.output.exemplar, exemplar.look(run, network, measurements.to_dict()))
