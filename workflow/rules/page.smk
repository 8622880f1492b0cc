# A page on which one edits a running network: which networks go on it, with their bases, and the page itself. It is drawn
# from one file that is published, so that a clone without the weights can draw it again.


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
        tasks=lambda _: {task.name: settings.named(task) for task in EXPERIMENT.task_list()},
        protocol=lambda _: settings.plain(EXPERIMENT.protocol),
        shards=lambda _: [[shard, [settings.brief(run) for run in SHARDS[shard]]] for shard in PAGE_SHARDS],
        exemplars=[run.run_id for run in EXEMPLARS.values()],
    script:
        "../scripts/choose_networks.py"


rule draw_page:
    input:
        networks=results("measurements/page.npz"),
    output:
        page=results("edit.html"),
    log:
        results("logs/draw_page.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    script:
        "../scripts/draw_page.py"
