# All runs' measurements in one table, the paper's table of them, what learning curves have in common, and what every
# network's weights have to be.


rule aggregate_measurements:
    input:
        runs=results("runs.csv"),
        measurements=expand(results("measurements/{shard}.csv"), shard=SHARDS),
    output:
        measurements=results("measurements.csv"),
    log:
        results("logs/aggregate_measurements.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    script:
        "../scripts/aggregate_measurements.py"


rule tabulate:
    input:
        runs=results("runs.csv"),
        measurements=results("measurements.csv"),
        twins=twins_beside(),
    output:
        csv=results("tables/table1.csv"),
        md=report(
            results("tables/table1.md"),
            caption="../report/table1.rst",
            category="Table 1",
            labels={"table": "1", "experiment": EXPERIMENT.experiment},
        ),
        tex=results("tables/table1.tex"),
    log:
        results("logs/tabulate.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        unlike_paper=lambda _: EXPERIMENT.unlike_paper(),
    script:
        "../scripts/tabulate.py"


rule summarise_learning:
    input:
        runs=results("runs.csv"),
        outlines=expand(results("measurements/learning/{shard}.csv"), shard=SHARDS),
    output:
        summary=results("measurements/learning.csv"),
    log:
        results("logs/summarise_learning.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    script:
        "../scripts/summarise_learning.py"
