"""The audit of the experiment (rule audit); fails where something is wrong with its results, or not all was asked."""

import json
import logging
import sys
from pathlib import Path

from emtvb.audit import audit
from emtvb.audit.held import Held
from emtvb.audit.report import STATUS
from emtvb.experiments import kinds
from emtvb.making.jobs import logged

with logged(snakemake.log[0]):
    folder = Path(snakemake.params.folder)
    root = Path(snakemake.scriptdir).resolve().parents[1]
    held = Held(kinds.check(json.loads(snakemake.params.settings)), "the config that Snakemake was called with", root)
    report = audit.audit(folder, held, audit.Sample(workers=snakemake.threads))
    for line in report.lines():
        logging.getLogger("emtvb.audit").info(line)
    audit.write(report, folder)
sys.exit(STATUS[report.outcome])
