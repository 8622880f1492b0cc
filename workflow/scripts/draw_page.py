"""The page on which one edits a running network (rule draw_page)."""

from emtvb.files import write_text
from emtvb.making.jobs import job
from emtvb.page import content
from emtvb.page.document import document

with job(snakemake):
    write_text(snakemake.output.page, document(content.load(snakemake.input.networks)))
