"""A figure and its numbers (rules draw_...): what its module reads, draws and writes down."""

from importlib import import_module

from emtvb.figures.save import save_figure
from emtvb.making.jobs import job

with job(snakemake) as this:
    module = import_module(f"emtvb.experiments.{this.settings['figure']}")
    shown, stem = module.read(**dict(snakemake.input.items())), snakemake.output.csv.removesuffix(".csv")
    if hasattr(module, "save"):
        module.save(shown, stem)
    else:
        numbers = module.numbers(shown) if hasattr(module, "numbers") else shown
        save_figure(module.draw(shown), numbers, stem)
