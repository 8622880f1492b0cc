# The paper's sweep: every run is trained and measured, tabulated and drawn; and networks of other architectures beside it.


include: "runs.smk"
include: "enumerate.smk"
include: "settings.smk"
include: "train.smk"
include: "digests.smk"
include: "interpret.smk"
include: "aggregate.smk"
include: "solutions.smk"
include: "others.smk"
include: "memory.smk"
include: "following.smk"
include: "architectures.smk"
include: "comparing.smk"
include: "rates.smk"
include: "figures.smk"
include: "drawing.smk"
include: "page.smk"
include: "verdicts.smk"


TABLES = [rules.tabulate.output, rules.solutions.input]


rule sweep:
    input:
        rules.enumerate_runs.output,
        rules.state_settings.output,
        rules.aggregate_measurements.output,
        rules.summarise_learning.output,
        rules.list_digests.output,
        rules.tabulate.output,
        rules.solutions.input,
        rules.tabulate_memory.output,
        rules.tabulate_dose.output if EXPERIMENT.dose else [],
        rules.tabulate_following.output if FOLLOWED else [],
        rules.compare_weights.output if SIZED else [],
        rules.figures.input,
        ([rules.draw_page.output, rules.state_verdicts.output] if SHOWN else []),
        rules.architectures.input,
    localrule: True
