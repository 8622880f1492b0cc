"""The arrays of the network that a task's figures show (rule look_at_exemplar)."""

import json

import pandas as pd

from emtvb import networks
from emtvb.interpret import exemplar
from emtvb.jobs import job
from emtvb.runs import runs_from_json

with job(snakemake) as settings:
    (run,) = runs_from_json(json.dumps(settings["runs"]))
    network = networks.load_networks(snakemake.input.weights, [run.run_id])[run.run_id]
    measurements = pd.read_csv(snakemake.input.measurements).set_index("run_id").loc[run.run_id]
    exemplar.save(snakemake.output.exemplar, exemplar.look(run, network, measurements.to_dict(), settings["modulus"]))
