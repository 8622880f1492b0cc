"""What kind of memory the networks of a shard have, those that solve their task or nearly do (rule measure_memory)."""

from emtvb import tables
from emtvb.experiments.sweep import memory
from emtvb.making.jobs import job
from emtvb.theory import networks
from emtvb.theory.runs import from_entry

with job(snakemake) as this:
    measured = tables.read_table(snakemake.input.measurements, tables.MEASURED_COLUMNS)
    runs = memory.measured_runs([from_entry(entry) for entry in this.settings["runs"]], measured)
    trained = networks.load_networks(snakemake.input.weights, [run.run_id for run in runs])
    rows = [row for run in runs for row in memory.measure_memory(run, trained[run.run_id])]
    tables.write_csv(snakemake.output.memory, memory.memory_as_table(rows))
