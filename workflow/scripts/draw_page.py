"""The page on which one edits a running network (rule draw_page)."""

from emtvb.files import write_text
from emtvb.page import content
from emtvb.page.document import document
from emtvb.running.jobs import job

with job(snakemake):
    write_text(snakemake.output.page, document(content.load(snakemake.input.networks)))
