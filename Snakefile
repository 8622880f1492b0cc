# The Episodic Memory Theory of variable binding, from an empty folder to its tables and figures.
#
#   snakemake --cores all                                   the experiment `quick`
#   snakemake --cores all --configfile config/paper.yaml    another one


if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/enumerate.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/interpret.smk"
include: "workflow/rules/aggregate.smk"
include: "workflow/rules/solutions.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/page.smk"
include: "workflow/rules/architectures.smk"
include: "workflow/rules/audit.smk"


rule all:
    default_target: True
    input:
        rules.enumerate_runs.output,
        rules.state_settings.output,
        rules.aggregate_measurements.output,
        rules.summarise_learning.output,
        rules.list_digests.output,
        rules.tabulate.output,
        rules.solutions.input,
        rules.figures.input,
        ([rules.draw_page.output, rules.state_codecheck.output] if STAGES.shown else []),
        rules.architectures.input,
    localrule: True


rule tables:
    input:
        rules.tabulate.output,
        rules.solutions.input,
    localrule: True
