# The Episodic Memory Theory of variable binding, from an empty folder to its tables and figures.
#
#   snakemake --cores all                                   the experiment `quick`
#   snakemake --cores all --configfile config/paper.yaml    another one


include: "workflow/rules/common.smk"
include: "workflow/rules/enumerate.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/interpret.smk"
include: "workflow/rules/aggregate.smk"
include: "workflow/rules/solutions.smk"
include: "workflow/rules/others.smk"
include: "workflow/rules/architectures.smk"
include: "workflow/rules/comparing.smk"
include: "workflow/rules/methods.smk"
include: "workflow/rules/streams.smk"
include: "workflow/rules/onions.smk"
include: "workflow/rules/rates.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/page.smk"
include: "workflow/rules/verdicts.smk"
include: "workflow/rules/audit.smk"


# All that a sweep of runs comes to.
rule sweep:
    input:
        rules.enumerate_runs.output,
        rules.state_settings.output,
        rules.aggregate_measurements.output,
        rules.summarise_learning.output,
        rules.list_digests.output,
        rules.tabulate.output,
        rules.solutions.input,
        rules.figures.input,
        ([rules.draw_page.output, rules.state_codecheck.output, rules.state_verdicts.output] if SHOWN else []),
        rules.architectures.input,
        rules.tabulate_reprints.output if REPRINTED else [],
    localrule: True


rule all:
    default_target: True
    input:
        rules.sweep.input if SHARDS else [],
        rules.methods.input,
        rules.streams.input,
        rules.onions.input,
    localrule: True


rule tables:
    input:
        rules.tabulate.output,
        rules.solutions.input,
    localrule: True
