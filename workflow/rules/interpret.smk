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
    resources:
        mem_mb=2000,
        runtime="2h",
    params:
        runs=shard_runs,
        interpretation=EXPERIMENT.interpretation.model_dump_json(),
        code=script_code("measure_shard.py"),
    script:
        "../scripts/measure_shard.py"


rule look_at_exemplar:
    input:
        weights=lambda wildcards: results(f"training/{exemplar_shard(wildcards)}/weights.safetensors"),
        measurements=lambda wildcards: results(f"measurements/{exemplar_shard(wildcards)}.csv"),
    output:
        exemplar=results("measurements/exemplars/{task}.npz"),
    log:
        results("logs/look_at_exemplar/{task}.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        run=lambda wildcards: runs_to_json([EXEMPLARS[wildcards.task]]),
        modulus=EXPERIMENT.interpretation.modulus,
        code=script_code("look_at_exemplar.py"),
    script:
        "../scripts/look_at_exemplar.py"
