# The digest of every network that was trained by shards, in one table.


rule list_digests:
    input:
        digests=expand(results("training/{shard}/digests.csv"), shard=SHARDS),
    output:
        digests=results("digests.csv"),
    log:
        results("logs/list_digests.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    script:
        "../scripts/concatenate.py"
