# Networks that are trained on streams: episodes of variable length, each ended by a marker, that overwrite each other.

from emtvb.experiments.streams.runs import paper_name as stream_task
from emtvb.theory import stream_order

PAGE_SHARDS = EXPERIMENT.page_shards()


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
        **as_params(EXPERIMENT.model_dump(mode="json")),
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
        runs=lambda wildcards: [stream_order.stream_to_entry(run) for run in SHARDS[wildcards.shard]],
        trainer="auto",
        proof=lambda wildcards: promises.promised_proof(
            max(run.l2 for run in SHARDS[wildcards.shard]), promises.FOLLOWING
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
        runs=lambda wildcards: [stream_order.stream_to_entry(run) for run in SHARDS[wildcards.shard]],
    script:
        "../scripts/measure_stream.py"


# The page's networks are chosen from few shards: so an experiment that gets more seeds leaves it.
rule choose_streams:
    input:
        weights=expand(results("training/{shard}/weights.safetensors"), shard=PAGE_SHARDS),
        measurements=expand(results("measurements/{shard}.csv"), shard=PAGE_SHARDS),
    output:
        networks=results("measurements/page.npz"),
    log:
        results("logs/choose_streams.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        shards=[[stream_order.stream_to_entry(run) for run in SHARDS[shard]] for shard in PAGE_SHARDS],
        tasks=[stream_task(SHARDS[shard][0].task) for shard in PAGE_SHARDS],
    script:
        "../scripts/choose_streams.py"


rule tabulate_streams:
    input:
        runs=results("runs.csv"),
        measurements=expand(results("measurements/{shard}.csv"), shard=SHARDS),
        rasters=expand(results("measurements/rasters/{shard}.csv"), shard=SHARDS),
        markers=expand(results("measurements/markers/{shard}.csv"), shard=SHARDS),
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


FIGURES = {
    "stream_recall": {
        "streams": rules.tabulate_streams.output.streams,
        "lengths": rules.tabulate_streams.output.lengths,
    },
    "stream_raster": {"rasters": rules.tabulate_streams.output.rasters, "runs": results("runs.csv")},
    "stream_marker": {"markers": rules.tabulate_streams.output.markers},
}
TABLES = [rules.tabulate_streams.output]


include: "digests.smk"
include: "drawing.smk"
include: "page.smk"


rule streams:
    input:
        rules.state_streams.output,
        rules.tabulate_streams.output,
        rules.list_digests.output,
        rules.draw_page.output,
        rules.figures.input,
    localrule: True
