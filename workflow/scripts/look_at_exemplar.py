"""The arrays of the network that a task's figures show (rule look_at_exemplar)."""

import pandas as pd

from emtvb import columns
from emtvb.experiments.sweep import exemplar
from emtvb.making.jobs import job
from emtvb.theory import networks
from emtvb.theory.runs import from_entry

with job(snakemake) as this:
    run = from_entry(this.settings["run"])
    network = networks.load_networks(snakemake.input.weights, [run.run_id])[run.run_id]
    path = snakemake.input.measurements
    measurements = columns.check_numbers(pd.read_csv(path), path).set_index("run_id").loc[run.run_id]
    look = exemplar.exemplar_arrays(run, network, measurements.to_dict(), this.settings["modulus"])
    exemplar.save_exemplar(snakemake.output.exemplar, look)
