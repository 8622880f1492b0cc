# What kinds of solutions networks found, beyond what is measured on each of them, and what decides between them.

# Rounding twins lie in an experiment of their own beside this one, where it has come to its tables.
TWINS_BESIDE = twins_beside("tables/solutions.csv")


rule tabulate_solutions:
    input:
        runs=results("runs.csv"),
        measurements=results("measurements.csv"),
        solutions=expand(results("measurements/solutions/{shard}.csv"), shard=SHARDS),
        digits=expand(results("measurements/digits/{shard}.csv"), shard=SHARDS),
    output:
        solutions=results("tables/solutions.csv"),
        digits=results("tables/digits.csv"),
    log:
        results("logs/tabulate_solutions.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    script:
        "../scripts/tabulate_solutions.py"


rule tabulate_outcomes:
    input:
        runs=results("runs.csv"),
        measurements=results("measurements.csv"),
    output:
        verdicts=results("tables/verdicts.csv"),
        verdicts_md=results("tables/verdicts.md"),
        bases=results("tables/bases.csv"),
        bases_md=results("tables/bases.md"),
    log:
        results("logs/tabulate_outcomes.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    script:
        "../scripts/tabulate_outcomes.py"


rule tabulate_deciding:
    input:
        solutions=rules.tabulate_solutions.output.solutions,
        twins=TWINS_BESIDE,
    output:
        agreement=results("tables/agreement.csv"),
    log:
        results("logs/tabulate_deciding.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    script:
        "../scripts/tabulate_deciding.py"


rule solutions:
    input:
        rules.tabulate_solutions.output,
        rules.tabulate_outcomes.output,
        rules.tabulate_deciding.output,
    localrule: True
