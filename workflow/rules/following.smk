# Runs that are followed through training: they are trained once more, and their weights kept after several steps. A
# training by its settings, it stays current when code changes; its snapshots are published packed.

FOLLOWED = EXPERIMENT.followed()


if FOLLOWED:

    rule follow_training:
        output:
            snapshots=results("training/{shard}/followed.safetensors"),
            steps=results("training/{shard}/followed.csv"),
        log:
            results("logs/follow_training/{shard}.log"),
        priority: 1
        conda:
            "../envs/emtvb.yaml"
        threads: 1
        params:
            runs=lambda wildcards: [training_entry(run) for run in FOLLOWED[wildcards.shard]],
            trainer="auto",
            proof=lambda wildcards: proof_of(FOLLOWED[wildcards.shard]),
            revision=None,
        script:
            "../scripts/follow_training.py"

    rule measure_following:
        input:
            snapshots=rules.follow_training.output.snapshots,
            steps=rules.follow_training.output.steps,
            digests=rules.train_shard.output.digests,
        output:
            following=results("measurements/following/{shard}.csv"),
        log:
            results("logs/measure_following/{shard}.log"),
        conda:
            "../envs/emtvb.yaml"
        threads: 1
        params:
            runs=lambda wildcards: [to_entry(run) for run in FOLLOWED[wildcards.shard]],
            interpretation=lambda _: EXPERIMENT.interpretation.model_dump(),
        script:
            "../scripts/measure_following.py"

    rule tabulate_following:
        input:
            runs=results("runs.csv"),
            following=expand(results("measurements/following/{shard}.csv"), shard=FOLLOWED),
        output:
            following=results("tables/following.csv"),
        log:
            results("logs/tabulate_following.log"),
        localrule: True
        conda:
            "../envs/emtvb.yaml"
        script:
            "../scripts/tabulate_following.py"
