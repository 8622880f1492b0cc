"""How often which solution is found, and what verdicts part (rule tabulate_outcomes)."""

from emtvb import tables
from emtvb.running.jobs import job
from emtvb.study import outcomes

with job(snakemake):
    runs = tables.read_table(snakemake.input.runs, tables.RUN_COLUMNS)
    measured = tables.combine(runs, tables.read_table(snakemake.input.measurements, tables.MEASURED_COLUMNS))
    tables.write_csv(snakemake.output.shares, outcomes.shares(measured))
    tables.write_csv(snakemake.output.verdicts, outcomes.verdicts(measured))
    solutions = tables.read_table(snakemake.input.solutions, ("run_id", "kind"))
    tables.write_csv(snakemake.output.kinds, outcomes.kinds(solutions))
