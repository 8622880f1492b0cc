# Networks that repeat sequences of symbols (onions): each is trained, then asked what is linear in it. Nothing where the
# config asks for none.


wildcard_constraints:
    repeater="gru[0-9]+_seed[0-9]+",


rule train_repeater:
    output:
        weights=results("onions/{repeater}/weights.safetensors"),
        history=results("onions/{repeater}/history.csv"),
    log:
        results("logs/train_repeater/{repeater}.log"),
    priority: 1
    conda:
        "../envs/emtvb.yaml"
    threads: 1
    params:
        order=lambda wildcards: ONION_NETWORKS[wildcards.repeater],
        revision=promises.REVISIONS.get("repeater"),
    script:
        "../scripts/train_repeater.py"


rule measure_onion:
    input:
        weights=rules.train_repeater.output.weights,
    output:
        rows=results("measurements/onions/{repeater}.csv"),
    log:
        results("logs/measure_onion/{repeater}.log"),
    conda:
        "../envs/emtvb.yaml"
    threads: 1
    params:
        order=lambda wildcards: ONION_NETWORKS[wildcards.repeater],
        trials=lambda _: ONIONS.trials,
        judged=lambda _: ONIONS.judged,
        edits=lambda _: ONIONS.edits,
    script:
        "../scripts/measure_onion.py"


rule tabulate_onions:
    input:
        rows=expand(results("measurements/onions/{repeater}.csv"), repeater=ONION_NETWORKS),
    output:
        positions=results("tables/onions.csv"),
        networks=results("tables/onion_networks.csv"),
        sizes=results("tables/onion_sizes.csv"),
        claims=results("tables/onion_claims.csv"),
        md=results("tables/onions.md"),
    log:
        results("logs/tabulate_onions.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    script:
        "../scripts/tabulate_onions.py"


# Its settings stand beside it, as those of a sweep do.
if ONIONS:

    ruleorder: state_onions > state_settings

    rule state_onions:
        output:
            settings=results("settings.json"),
        log:
            results("logs/state_onions.log"),
        localrule: True
        conda:
            "../envs/emtvb.yaml"
        params:
            **fixed(EXPERIMENT.model_dump(mode="json")),
        script:
            "../scripts/state_onions.py"


rule onions:
    input:
        ([rules.state_onions.output, rules.tabulate_onions.output, results("figures/onions.png")] if ONIONS else []),
    localrule: True
