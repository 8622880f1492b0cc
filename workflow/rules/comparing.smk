# Whether networks that solve their task are the same circuit: how far apart those are that differ in one thing, beside what
# a network has from itself, from untrained networks and from random systems. Rounding twins alone are not compared.

COMPARED = ARCHITECTURE_RUNS if SHOWN else {}


rule compare_networks:
    input:
        runs=results("runs.csv"),
        measurements=results("measurements.csv"),
        weights=expand(results("training/{shard}/weights.safetensors"), shard=SHARDS),
        others=expand(results("architectures/{run}/weights.safetensors"), run=COMPARED),
        measured=expand(results("architectures/{run}/measurements.csv"), run=COMPARED),
    output:
        comparison=results("measurements/comparison.csv"),
    log:
        results("logs/compare_networks.log"),
    # It takes a minute: no run of the workflow should end by waiting for it alone.
    priority: 1
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        tasks=lambda _: [settings.named_task(task) for task in EXPERIMENT.task_list()],
        architectures=lambda _: [
            {"run": architecture_entry(run), "network": ARCHITECTURES[run.architecture].network}
            for run in COMPARED.values()
        ],
        modulus=EXPERIMENT.interpretation.modulus,
    script:
        "../scripts/compare_networks.py"


rule tabulate_comparison:
    input:
        comparison=rules.compare_networks.output.comparison,
    output:
        comparison=results("tables/comparison.csv"),
    log:
        results("logs/tabulate_comparison.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    script:
        "../scripts/tabulate_comparison.py"


# A claim of others on how far apart weights are, for a sweep of several sizes, which it asks about.
SIZED = SHOWN and len(EXPERIMENT.hidden_dim) > 1


if SIZED:

    rule compare_weights:
        input:
            runs=results("runs.csv"),
            measurements=results("measurements.csv"),
            weights=expand(results("training/{shard}/weights.safetensors"), shard=SHARDS),
        output:
            distances=results("measurements/weight_distances.csv"),
        log:
            results("logs/compare_weights.log"),
        localrule: True
        conda:
            "../envs/emtvb.yaml"
        script:
            "../scripts/compare_weights.py"
