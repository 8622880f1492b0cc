"""Measure a network of another architecture (rule measure_architecture)."""

import pkgutil

import pandas as pd

from emtvb import tables
from emtvb.experiments.architectures.architecture_measurement import interpret_run
from emtvb.experiments.sweep import exemplar
from emtvb.making.jobs import job
from emtvb.theory import architecture_runs as runs
from emtvb.theory.network_measurement import MeasureSettings
from emtvb.training.architectures import saved_weights

with job(snakemake) as this:
    run = runs.from_entry(this.settings["run"])
    network = saved_weights.load_trained(snakemake.input.weights, run, pkgutil.resolve_name(this.settings["network"]))
    measurement, arrays = interpret_run(run, network, MeasureSettings(**this.settings["interpretation"]))
    tables.write_csv(snakemake.output.measurements, pd.DataFrame([vars(measurement)]))
    exemplar.save_exemplar(snakemake.output.look, arrays)
