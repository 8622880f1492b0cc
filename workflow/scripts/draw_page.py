"""The page on which one edits a running network (rule draw_page)."""

from emtvb.files import write_text
from emtvb.making.jobs import job
from emtvb.page import content
from emtvb.page.document import page_text

with job(snakemake):
    networks = content.read_networks(snakemake.input.networks)
    write_text(snakemake.output.page, page_text(networks, found="../../docs/memory.md"))
