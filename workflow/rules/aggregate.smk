# All runs' measurements in one table, the paper's table of them, what learning curves have in common, and what every
# network's weights have to be.


rule aggregate_measurements:
    input:
        runs=rules.enumerate_runs.output.runs,
        measurements=expand(rules.measure_shard.output.measurements, shard=SHARDS),
    output:
        measurements=results("measurements.csv"),
    log:
        results("logs/aggregate_measurements.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("aggregate_measurements"),
    script:
        "../scripts/aggregate_measurements.py"


rule tabulate:
    input:
        runs=rules.enumerate_runs.output.runs,
        measurements=rules.aggregate_measurements.output.measurements,
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
        recipe=recipe("tabulate"),
    script:
        "../scripts/tabulate.py"


rule summarise_learning:
    input:
        runs=rules.enumerate_runs.output.runs,
        outlines=expand(rules.train_shard.output.outline, shard=SHARDS),
    output:
        summary=results("measurements/learning.csv"),
    log:
        results("logs/summarise_learning.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("summarise_learning"),
    script:
        "../scripts/summarise_learning.py"


rule list_digests:
    input:
        digests=expand(rules.train_shard.output.digests, shard=SHARDS),
    output:
        digests=results("digests.csv"),
    log:
        results("logs/list_digests.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("list_digests"),
    script:
        "../scripts/list_digests.py"
