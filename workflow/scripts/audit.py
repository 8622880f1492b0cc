"""The audit of the experiment (rule audit); fails where something is wrong with its results."""

import json
import logging
import sys
from pathlib import Path

from emtvb import config
from emtvb.audit import audit
from emtvb.audit.determinism import Sample
from emtvb.running.jobs import logged

with logged(snakemake.log[0]):
    folder = Path(snakemake.params.folder)
    experiment = config.check(json.loads(snakemake.params.settings))
    found = audit.audit(folder, experiment, Sample(workers=snakemake.threads))
    for line in audit.summary(found):
        logging.getLogger("emtvb.audit").info(line)
    audit.write(found, folder)
sys.exit(not found.passed)
