# Training, a shard a job. The run table is `ancient`: a shard depends on its own runs, which are params, and not on
# when the table was last written. Checkpoints and finished runs stay in training/<shard>/runs, which is no output, so
# that an interrupted shard goes on where it was and a larger one trains only what is new.


rule train_shard:
    input:
        runs=ancient(rules.enumerate_runs.output.runs),
        settings=ancient(rules.enumerate_runs.output.settings),
    output:
        weights=results("training/{shard}/weights.safetensors"),
        history=results("training/{shard}/history.csv"),
    log:
        results("logs/train_shard/{shard}.log"),
    conda:
        "../envs/emtvb.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime="12h",
    params:
        state=results("training/{shard}/runs"),
        run_ids=shard_run_ids,
        code=script_code("train_shard.py"),
    script:
        "../scripts/train_shard.py"
