"""What came of all networks that repeat sequences, by position, network, size and claim (rule tabulate_onions)."""

from emtvb import tables
from emtvb.experiments.onions import tables as tabulating
from emtvb.files import write_text
from emtvb.making.jobs import job

with job(snakemake):
    rows = tables.read_tables(snakemake.input.rows)
    networks = tabulating.networks(rows)
    tables.write_csv(snakemake.output.positions, rows)
    tables.write_csv(snakemake.output.networks, networks)
    tables.write_csv(snakemake.output.sizes, tabulating.sizes(networks))
    tables.write_csv(snakemake.output.claims, tabulating.claims(networks))
    write_text(snakemake.output.md, tabulating.as_markdown(networks))
