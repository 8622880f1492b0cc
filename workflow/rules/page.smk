# A page on which one edits a running network: which networks go on it, with their bases, and the page itself. It is drawn
# from one file that is published, so that a clone without the weights can draw it again.


rule choose_networks:
    input:
        weights=lambda wildcards: [results(f"training/{shard}/weights.safetensors") for shard in STAGES.page_shards()],
        measurements=lambda wildcards: [results(f"measurements/{shard}.csv") for shard in STAGES.page_shards()],
    output:
        networks=results("measurements/page.npz"),
    log:
        results("logs/choose_networks.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("choose_networks"),
    script:
        "../scripts/choose_networks.py"


rule draw_page:
    input:
        networks=rules.choose_networks.output.networks,
    output:
        page=results("edit.html"),
    log:
        results("logs/draw_page.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("draw_page"),
    script:
        "../scripts/draw_page.py"
