"""Do results contradict one another? All of them are asked, and nothing is made again.

What is written down more than once has to be the same; what is, an experiment's kind knows. Whoever changes one alone
is found here, though records were made to fit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from emtvb import config
from emtvb.audit.config_of_results import Held
from emtvb.audit.currency import remade_outputs
from emtvb.audit.integrity import Files
from emtvb.audit.report import AGAIN, BACK, Finding
from emtvb.experiments import kinds
from emtvb.experiments.checks import Contradictions
from emtvb.making.plan import Planned
from emtvb.making.staleness import summary


def contradictions(files: Files, jobs: Sequence[Planned], of_kind: Contradictions) -> Iterator[Finding]:
    """What contradicts the rest, of files that are what their records say, one finding a file.

    Args:
        files: The experiment's files.
        jobs: Its jobs.
        of_kind: What its kind says of them.
    """
    names = sorted(files.digests.keys() - files.rejected - files.left_out)
    for name, found in of_kind(files.folder, names, [job.settings for job in jobs]):
        yield Finding(name, summary(found), AGAIN)
    for path, record in files.records.items():
        # Jobs write both at once. The first alone would excuse a picture that does not come out again.
        computed, there = record.recipe["versions"], record.environment
        other = [name for name, version in computed.items() if there.get(name, version).split("+")[0] != version]
        if other:
            words = (f"computed with {name} {computed[name]}, in an environment with {there[name]}" for name in other)
            yield Finding(path.relative_to(files.folder).as_posix(), summary(words), BACK)


def other_settings(files: Files, jobs: Sequence[Planned], held: Held) -> Iterator[Finding]:
    """Whether the settings beside the results, as their records say, are others than those of the config.

    Args:
        files: The experiment's files.
        jobs: Its jobs.
        held: The config that it is held to.
    """
    name = "settings.json"
    # The experiment of a workflow of one's own has no such file, and what is made anew is named already.
    if name not in files.digests.keys() - files.rejected - remade_outputs(jobs):
        return
    there, stated = (files.folder / name).read_text("utf-8"), config.dump_settings(kinds.load_experiment(held.file))
    if there != stated:
        try:
            beside = json.loads(there)
            keys = [key for key, value in json.loads(stated).items() if beside.get(key) != value]
        except (AttributeError, ValueError):
            keys = []
        what = f"other settings than {held.description}{': ' * bool(keys)}{summary(keys)}"
        yield Finding(name, f"states {what}", AGAIN)
