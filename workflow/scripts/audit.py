"""The audit of the experiment (rule audit); fails where something is wrong with its results, or not all was asked."""

import json
import logging
import sys
from pathlib import Path

from emtvb import config
from emtvb.audit import audit
from emtvb.audit.determinism import Sample
from emtvb.audit.held import Held
from emtvb.running.jobs import logged

with logged(snakemake.log[0]):
    folder = Path(snakemake.params.folder)
    root = Path(snakemake.scriptdir).resolve().parents[1]
    held = Held(config.check(json.loads(snakemake.params.settings)), "the config that Snakemake was called with", root)
    found = audit.audit(folder, held, Sample(workers=snakemake.threads))
    for line in audit.summary(found):
        logging.getLogger("emtvb.audit").info(line)
    audit.write(found, folder, root)
sys.exit({"passed": 0, "FAILED": 1}.get(found.outcome, 3))
