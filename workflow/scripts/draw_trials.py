"""Trials of a task of another package (rule draw_trials)."""

from emtvb.experiments.foreign import tasks
from emtvb.making.jobs import job

with job(snakemake) as this:
    order = this.settings["order"]
    tasks.save(snakemake.output.trials, tasks.TASKS[order["task"]].draw(order["trials"], order["seed"]))
