"""Look at the trained networks of a shard: measure, study and ablate them (rule measure_shard)."""

from emtvb import tables
from emtvb.experiments.sweep.shard import measure_shard
from emtvb.making.jobs import job
from emtvb.theory import networks
from emtvb.theory.network_measurement import MeasureSettings
from emtvb.theory.runs import from_entry

with job(snakemake) as this:
    runs = [from_entry(entry) for entry in this.settings["runs"]]
    trained = networks.load_networks(snakemake.input.weights, [run.run_id for run in runs])
    measurements = measure_shard(runs, trained, MeasureSettings(**this.settings["interpretation"]))
    for name, table in vars(measurements).items():
        tables.write_csv(getattr(snakemake.output, name), table)
