# A workflow that knows nothing of the paper: its jobs keep records, and it is planned by them, audited and accepted.

from functools import partial

from emtvb.making import hooks, planning, surroundings
from emtvb.making.trainings import as_plain_data

CALL = hooks.Call(workflow)
planning.prepare_process(CALL.runs_here)
FOLDER = surroundings.results_root() / config["experiment"]
if CALL.plans:
    with hooks.errors_in_one_line():
        KNOWN = planning.known_results(FOLDER, config, CALL.root, as_plain_data)
        hooks.install_memory(CALL, KNOWN, partial(planning.changes_of_job, KNOWN, CALL))


rule find_longest:
    input:
        FOLDER / "letters.csv",
    output:
        FOLDER / "longest.txt",
    log:
        FOLDER / "logs/find_longest.log",
    script:
        "../scripts/find_longest.py"


rule count_letters:
    output:
        FOLDER / "letters.csv",
    log:
        FOLDER / "logs/count_letters.log",
    params:
        words=config["words"],
    script:
        "../scripts/count_letters.py"
