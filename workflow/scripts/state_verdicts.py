"""What the runs say of the paper's claims (rule state_verdicts)."""

from pathlib import Path

from emtvb.files import write_text
from emtvb.making.jobs import job
from emtvb.paper import twins, verdict_page, verdicts

with job(snakemake) as this:
    measured = twins.measured_with_twins(snakemake.input.runs, snakemake.input.measurements, snakemake.input.twins)
    measured = verdicts.with_others(measured, snakemake.input.others)
    captions = this.root / "workflow" / "report"
    figures = [
        verdict_page.Figure(
            path, (captions / f"{Path(path).relative_to('figures').parts[0].split('.')[0]}.rst").read_text("utf-8")
        )
        for path in this.settings["figures"]
    ]
    statement = verdict_page.Stated(this.settings["experiment"], verdicts.evaluate_claims(measured), figures)
    write_text(snakemake.output.json, statement.as_json())
    write_text(snakemake.output.md, statement.as_markdown())
    write_text(snakemake.output.html, statement.as_html())
