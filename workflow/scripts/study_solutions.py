"""What kinds of solutions the networks of a shard are (rule study_solutions)."""

from emtvb import networks, tables
from emtvb.interpret.solutions import study_shard
from emtvb.running.jobs import job
from emtvb.runs import from_entry

with job(snakemake) as this:
    runs = [from_entry(entry) for entry in this.settings["runs"]]
    trained = networks.load_networks(snakemake.input.weights, [run.run_id for run in runs])
    measured = tables.read_table(snakemake.input.measurements, tables.MEASURED_COLUMNS).set_index("run_id")
    solutions, digits = study_shard(
        runs, trained, measured["verdict"].to_dict(), measured["test_accuracy"].to_dict(), this.settings["modulus"]
    )
    tables.write_csv(snakemake.output.solutions, solutions)
    tables.write_csv(snakemake.output.digits, digits)
