# Networks that are trained on streams: episodes of variable length, each ended by a marker, that overwrite each other.
# Nothing where the config asks for none.
# Their jobs have the places of a sweep's own.

if STREAM_SHARDS:

    ruleorder: train_stream > train_shard
    ruleorder: measure_stream > measure_shard
    ruleorder: tabulate_streams > aggregate_measurements
    ruleorder: state_streams > state_settings
    ruleorder: state_streams > enumerate_runs
    ruleorder: choose_streams > choose_networks

    rule state_streams:
        output:
            settings=results("settings.json"),
            runs=results("runs.csv"),
        log:
            results("logs/state_streams.log"),
        localrule: True
        conda:
            "../envs/emtvb.yaml"
        params:
            **fixed(EXPERIMENT.model_dump(mode="json")),
        script:
            "../scripts/state_streams.py"

    rule train_stream:
        output:
            weights=results("training/{shard}/weights.safetensors"),
            history=results("training/{shard}/history.csv"),
            outline=results("measurements/learning/{shard}.csv"),
            digests=results("training/{shard}/digests.csv"),
        log:
            results("logs/train_stream/{shard}.log"),
        priority: 1
        conda:
            "../envs/emtvb.yaml"
        threads: 1
        params:
            runs=lambda wildcards: [stream_order.entry(run) for run in STREAM_SHARDS[wildcards.shard]],
            trainer="auto",
            proof=lambda wildcards: promises.proof(
                max(run.l2 for run in STREAM_SHARDS[wildcards.shard]), promises.FOLLOWING
            ),
            revision=None,
        script:
            "../scripts/train_shard.py"

    rule measure_stream:
        input:
            weights=rules.train_stream.output.weights,
        output:
            measurements=results("measurements/{shard}.csv"),
            rasters=results("measurements/rasters/{shard}.csv"),
            markers=results("measurements/markers/{shard}.csv"),
        log:
            results("logs/measure_stream/{shard}.log"),
        conda:
            "../envs/emtvb.yaml"
        threads: 1
        params:
            runs=lambda wildcards: [stream_order.entry(run) for run in STREAM_SHARDS[wildcards.shard]],
        script:
            "../scripts/measure_stream.py"

    # The page's networks are chosen from few shards: so an experiment that gets more seeds leaves it.
    rule choose_streams:
        input:
            weights=expand(results("training/{shard}/weights.safetensors"), shard=EXPERIMENT.page_shards()),
            measurements=expand(results("measurements/{shard}.csv"), shard=EXPERIMENT.page_shards()),
        output:
            networks=results("measurements/page.npz"),
        log:
            results("logs/choose_streams.log"),
        localrule: True
        conda:
            "../envs/emtvb.yaml"
        params:
            shards=[[stream_order.entry(run) for run in STREAM_SHARDS[shard]] for shard in EXPERIMENT.page_shards()],
            tasks=[stream_task(STREAM_SHARDS[shard][0].task) for shard in EXPERIMENT.page_shards()],
        script:
            "../scripts/choose_streams.py"

    rule tabulate_streams:
        input:
            runs=results("runs.csv"),
            measurements=expand(results("measurements/{shard}.csv"), shard=STREAM_SHARDS),
            rasters=expand(results("measurements/rasters/{shard}.csv"), shard=STREAM_SHARDS),
            markers=expand(results("measurements/markers/{shard}.csv"), shard=STREAM_SHARDS),
        output:
            measurements=results("measurements.csv"),
            streams=results("tables/streams.csv"),
            lengths=results("tables/stream_lengths.csv"),
            rasters=results("tables/stream_rasters.csv"),
            markers=results("tables/stream_markers.csv"),
        log:
            results("logs/tabulate_streams.log"),
        localrule: True
        conda:
            "../envs/emtvb.yaml"
        script:
            "../scripts/tabulate_streams.py"


rule streams:
    input:
        (
            [
                rules.state_streams.output,
                rules.tabulate_streams.output,
                results("digests.csv"),
                results("edit.html"),
                expand(results("figures/stream_{name}.png"), name=("recall", "raster", "marker")),
            ]
            if STREAM_SHARDS
            else []
        ),
    localrule: True
