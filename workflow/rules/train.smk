# Training, a shard a job. A shard is handed its runs as a param, not the run table as an input: so it depends on its own
# runs alone, and a sweep that grows leaves it as it is. Checkpoints and finished runs stay in training/<shard>/runs,
# which is no output: an interrupted shard goes on where it was, and a larger one trains only what is new. An outline of the
# learning curves goes to the measurements: with it, nothing that comes after needs the curves themselves. The digests of all weights
# are published: `emtvb verify` trains a run anywhere and compares.


rule train_shard:
    output:
        weights=results("training/{shard}/weights.safetensors"),
        history=results("training/{shard}/history.csv"),
        outline=results("measurements/learning/{shard}.csv"),
        digests=results("training/{shard}/digests.csv"),
    log:
        results("logs/train_shard/{shard}.log"),
    # Before anything else that is ready: the longest jobs decide when a run of the workflow ends.
    priority: 1
    conda:
        "../envs/emtvb.yaml"
    threads: 1
    params:
        **(as_params({"accelerator": EXPERIMENT.accelerator}) if EXPERIMENT.trainer not in promises.TRAINERS else {}),
        runs=lambda wildcards: [training_entry(run) for run in SHARDS[wildcards.shard]],
        # By auto and compiled a training is the same: they differ on a machine that has no engine.
        trainer=EXPERIMENT.trainer,
        proof=lambda wildcards: proof_of(SHARDS[wildcards.shard]),
        # A rule with a revision trains: what its jobs made is current whatever the code, the libraries and the script are.
        revision=None if EXPERIMENT.trainer in promises.TRAINERS else promises.REVISIONS.get("elman"),
    script:
        "../scripts/train_shard.py"
