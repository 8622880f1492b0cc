"""Trials of a task of another package (rule draw_trials)."""

from emtvb.experiments.foreign import tasks
from emtvb.making.jobs import job

with job(snakemake) as this:
    task = tasks.TASKS[snakemake.wildcards.foreign_task]
    tasks.save(snakemake.output.trials, task.draw(this.settings["trials"], this.settings["seed"]))
