# Two claims of others on the networks that are there, which are not trained for them: which parts of W_hh they can do without,
# and how far back gradients reach. A job each for all networks: together they take a few minutes for the paper's. Which runs
# there are, they read from the run table.

OF_ALL_RUNS = fixed(
    {
        "dimensions": EXPERIMENT.dimensions,
        "variables": EXPERIMENT.variables,
        "protocol": settings.plain(EXPERIMENT.protocol),
        "interpretation": EXPERIMENT.interpretation.model_dump(),
    }
)


rule ablate_networks:
    input:
        runs=results("runs.csv"),
        weights=expand(results("training/{shard}/weights.safetensors"), shard=SHARDS),
        measurements=results("measurements.csv"),
    output:
        ablations=results("measurements/ablations.csv"),
    log:
        results("logs/ablate_networks.log"),
    # It takes a minute: no run of the workflow should end by waiting for it alone.
    priority: 1
    conda:
        "../envs/emtvb.yaml"
    threads: 1
    params:
        **OF_ALL_RUNS,
    script:
        "../scripts/ablate_networks.py"


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
        **OF_ALL_RUNS,
    script:
        "../scripts/follow_gradients.py"


rule tabulate_others:
    input:
        runs=results("runs.csv"),
        measurements=results("measurements.csv"),
        ablations=rules.ablate_networks.output.ablations,
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
