# Two claims of others on the networks that are there, which are not trained for them: which parts of W_hh they can do without
# (measured shard by shard, with all else), and how far back gradients reach.


rule aggregate_ablations:
    input:
        ablations=expand(results("measurements/ablations/{shard}.csv"), shard=SHARDS),
    output:
        ablations=results("measurements/ablations.csv"),
    log:
        results("logs/aggregate_ablations.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    script:
        "../scripts/concatenate.py"


# One job for all networks: for the paper's it takes a quarter of a minute. Which runs there are, it reads from the run table.
rule follow_gradients:
    input:
        runs=results("runs.csv"),
        weights=expand(results("training/{shard}/weights.safetensors"), shard=SHARDS),
    output:
        gradients=results("measurements/gradients.csv"),
    log:
        results("logs/follow_gradients.log"),
    conda:
        "../envs/emtvb.yaml"
    threads: 1
    params:
        **as_params(
            {
                "dimensions": EXPERIMENT.dimensions,
                "variables": EXPERIMENT.variables,
                "protocol": settings.plain_data(EXPERIMENT.protocol),
                "interpretation": EXPERIMENT.interpretation.model_dump(),
            }
        ),
    script:
        "../scripts/follow_gradients.py"


rule tabulate_others:
    input:
        measurements=results("measurements.csv"),
        ablations=rules.aggregate_ablations.output.ablations,
        gradients=rules.follow_gradients.output.gradients,
    output:
        ablations=results("tables/ablations.csv"),
        gradients=results("tables/gradients.csv"),
    log:
        results("logs/tabulate_others.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    script:
        "../scripts/tabulate_others.py"
