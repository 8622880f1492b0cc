"""Measure the paper's networks as those of other architectures are, to stand beside them (rule measure_rnn)."""

from functools import partial
from pathlib import Path

import pandas as pd

from emtvb import tables
from emtvb.adapters.elman import Elman, jacobian_at_origin
from emtvb.experiments.architectures.architecture_measurement import Subject, interpret_system, mean_jacobian
from emtvb.making.jobs import job
from emtvb.theory import networks
from emtvb.theory.network_measurement import MeasureSettings
from emtvb.theory.runs import from_entry

with job(snakemake) as this:
    how = MeasureSettings(**this.settings["interpretation"])
    files = {Path(path).parent.name: path for path in snakemake.input.weights}
    rows = []
    for shard, entries in this.settings["shards"].items():
        runs = [from_entry(entry) for entry in entries]
        trained = networks.load_networks(files[shard], [run.run_id for run in runs])
        for run in runs:
            network, system = trained[run.run_id], Elman(trained[run.run_id])
            origin = jacobian_at_origin(network).astype(float) if network.is_finite() else None
            subject = Subject(run.run_id, "rnn", run.task)
            measurement, _ = interpret_system(subject, system, origin, partial(mean_jacobian, system), how)
            rows.append(vars(measurement))
    tables.write_csv(snakemake.output.measurements, pd.DataFrame(rows))
