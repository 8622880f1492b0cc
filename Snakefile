# The Episodic Memory Theory of variable binding, from an empty folder to its tables and figures.
#
#   snakemake --cores all                                   the experiment `quick`
#   snakemake --cores all --configfile config/paper.yaml    another one


report: "workflow/report.rst"


include: "workflow/rules/common.smk"
# The kind of experiment that the config states: it says FIGURES and TABLES, and has a rule of its own name for all of it.
include: f"workflow/rules/{KIND.name}.smk"


rule all:
    default_target: True
    input:
        getattr(rules, KIND.name).input,
    localrule: True


rule tables:
    input:
        TABLES,
    localrule: True
