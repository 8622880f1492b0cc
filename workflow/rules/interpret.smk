# What the trained networks learned: a table of measurements per shard, and the arrays that figures show per task.


rule measure_shard:
    input:
        weights=rules.train_shard.output.weights,
    output:
        measurements=results("measurements/{shard}.csv"),
    log:
        results("logs/measure_shard/{shard}.log"),
    conda:
        "../envs/emtvb.yaml"
    threads: 1
    params:
        recipe=recipe("measure_shard"),
    script:
        "../scripts/measure_shard.py"


rule look_at_exemplar:
    input:
        weights=lambda wildcards: results(f"training/{STAGES.exemplar_shard(wildcards.task)}/weights.safetensors"),
        measurements=lambda wildcards: results(f"measurements/{STAGES.exemplar_shard(wildcards.task)}.csv"),
    output:
        exemplar=results("measurements/exemplars/{task}.npz"),
    log:
        results("logs/look_at_exemplar/{task}.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("look_at_exemplar"),
    script:
        "../scripts/look_at_exemplar.py"
