"""What kind of memory networks have that are made by hand, for the tasks that are measured (rule measure_circuits)."""

from emtvb import tables
from emtvb.experiments.sweep import memory
from emtvb.experiments.sweep.run_table import runs_of
from emtvb.making.jobs import job

with job(snakemake) as this:
    measured = tables.read_table(snakemake.input.measurements, tables.MEASURED_COLUMNS)
    runs = [run for shard in runs_of(snakemake.input.runs, this.settings).values() for run in shard]
    tasks = dict.fromkeys(run.task for run in memory.measured_runs(runs, measured))
    tables.write_csv(
        snakemake.output.memory, memory.memory_as_table([row for task in tasks for row in memory.by_hand(task)])
    )
