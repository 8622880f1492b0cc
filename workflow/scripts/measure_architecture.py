"""Measure a network of another architecture (rule measure_architecture)."""

import pkgutil

import pandas as pd

from emtvb import tables
from emtvb.architectures import runs, weights
from emtvb.architectures.measuring import interpret
from emtvb.interpret import exemplar
from emtvb.interpret.measure import MeasureSettings
from emtvb.running.jobs import job

with job(snakemake) as this:
    run = runs.from_entry(this.settings["run"])
    network = weights.load(snakemake.input.weights, run, pkgutil.resolve_name(this.settings["network"]))
    measurement, arrays = interpret(run, network, MeasureSettings(**this.settings["interpretation"]))
    tables.write_csv(snakemake.output.measurements, pd.DataFrame([vars(measurement)]))
    exemplar.save(snakemake.output.look, arrays)
