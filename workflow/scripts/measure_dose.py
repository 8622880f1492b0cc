"""What becomes of the memories of a shard's networks under other gains and with noise (rule measure_dose)."""

from emtvb import tables
from emtvb.experiments.sweep import latching
from emtvb.making.jobs import job
from emtvb.theory import networks
from emtvb.theory.runs import from_entry

with job(snakemake) as this:
    measured = tables.read_table(snakemake.input.measurements, tables.MEASURED_COLUMNS)
    solved = set(measured.loc[measured["solved"] == 1, "run_id"])
    runs = [run for run in map(from_entry, this.settings["runs"]) if run.run_id in solved]
    trained = networks.load_networks(snakemake.input.weights, [run.run_id for run in runs])
    found = [latching.Latching(run.run_id, run.task, trained[run.run_id].double()) for run in runs]
    tables.write_csv(
        snakemake.output.dose, latching.dose_as_table([row for network in found for row in network.rows()])
    )
