# What the trained networks learned: tables per shard, and the arrays that figures show of single networks. All that is asked of a
# shard's networks alone is one job: it runs them once, which takes most of the time.


rule measure_shard:
    input:
        weights=rules.train_shard.output.weights,
    output:
        measurements=results("measurements/{shard}.csv"),
        solutions=results("measurements/solutions/{shard}.csv"),
        digits=results("measurements/digits/{shard}.csv"),
        ablations=results("measurements/ablations/{shard}.csv"),
    log:
        results("logs/measure_shard/{shard}.log"),
    conda:
        "../envs/emtvb.yaml"
    threads: 1
    params:
        runs=lambda wildcards: entries(wildcards.shard),
        interpretation=lambda _: EXPERIMENT.interpretation.model_dump(),
    script:
        "../scripts/measure_shard.py"


rule look_at_exemplar:
    input:
        weights=lambda wildcards: results(f"training/{shard_of(wildcards.look)}/weights.safetensors"),
        measurements=lambda wildcards: results(f"measurements/{shard_of(wildcards.look)}.csv"),
    output:
        exemplar=results("measurements/exemplars/{look}.npz"),
    log:
        results("logs/look_at_exemplar/{look}.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        run=lambda wildcards: to_entry(LOOKS[wildcards.look]),
        modulus=EXPERIMENT.interpretation.modulus,
    script:
        "../scripts/look_at_exemplar.py"


# Which networks go on the page on which one edits, with their bases.
rule choose_networks:
    input:
        weights=lambda wildcards: [results(f"training/{shard}/weights.safetensors") for shard in PAGE_SHARDS],
        measurements=lambda wildcards: [results(f"measurements/{shard}.csv") for shard in PAGE_SHARDS],
    output:
        networks=results("measurements/page.npz"),
    log:
        results("logs/choose_networks.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        tasks=lambda _: {task.name: settings.named_task(task) for task in EXPERIMENT.task_list()},
        protocol=lambda _: settings.plain_data(EXPERIMENT.protocol),
        shards=lambda _: [[shard, [settings.brief_entry(run) for run in SHARDS[shard]]] for shard in PAGE_SHARDS],
        exemplars=[run.run_id for run in EXEMPLARS.values()],
    script:
        "../scripts/choose_networks.py"
