"""Methods held against one network (rule run_methods)."""

import torch

from emtvb import tables
from emtvb.experiments.methods import cases, comparing, settings
from emtvb.making.jobs import job
from emtvb.theory.runs import from_entry

with job(snakemake) as this:
    torch.set_num_threads(1)
    network = settings.NetworkSettings.model_validate(this.settings["network"])
    run = this.settings["run"]
    published = cases.opened(snakemake.input.weights[0], from_entry(run)) if run else None
    case = cases.case(network, this.settings["seed"], published)
    ks, steps, seed = (this.settings[name] for name in ("ks", "das_steps", "seed"))
    tables.write_csv(snakemake.output.rows, comparing.compare(network.name, network.kind, case, ks, steps, seed))
