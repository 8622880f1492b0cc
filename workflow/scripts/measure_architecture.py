"""Measure a network of another architecture (rule measure_architecture)."""

import json

import pandas as pd

from emtvb.architectures import runs, weights
from emtvb.files import write_csv
from emtvb.interpret import exemplar
from emtvb.interpret.architectures import interpret
from emtvb.interpret.measure import MeasureSettings
from emtvb.jobs import job

with job(snakemake) as settings:
    (run,) = runs.from_json(json.dumps(settings["runs"]))
    network = weights.load(snakemake.input.weights, run)
    measurement, arrays = interpret(run, network, MeasureSettings(**settings["interpretation"]))
    write_csv(snakemake.output.measurements, pd.DataFrame([vars(measurement)]))
    exemplar.save(snakemake.output.look, arrays)
