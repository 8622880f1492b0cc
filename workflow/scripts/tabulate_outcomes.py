"""What verdicts part, and what bases are worth (rule tabulate_outcomes)."""

from emtvb import tables
from emtvb.experiments.sweep import outcomes
from emtvb.files import write_text
from emtvb.making.jobs import job

with job(snakemake):
    runs = tables.read_table(snakemake.input.runs, tables.RUN_COLUMNS)
    measured = tables.combine(runs, tables.read_table(snakemake.input.measurements, tables.MEASURED_COLUMNS))
    verdicts, bases = outcomes.verdict_ranges(measured), outcomes.example_bases(measured)
    tables.write_csv(snakemake.output.verdicts, verdicts)
    write_text(snakemake.output.verdicts_md, outcomes.verdicts_as_markdown(verdicts))
    tables.write_csv(snakemake.output.bases, bases)
    write_text(snakemake.output.bases_md, outcomes.bases_as_markdown(bases))
