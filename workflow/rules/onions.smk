# Networks that repeat sequences of symbols (onions): each is trained, then asked what is linear in it.

ONIONS = EXPERIMENT.onions
ORDERS = ONIONS.orders()


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
        order=lambda wildcards: ORDERS[wildcards.repeater],
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
        order=lambda wildcards: ORDERS[wildcards.repeater],
        trials=lambda _: ONIONS.trials,
        judged=lambda _: ONIONS.judged,
        edits=lambda _: ONIONS.edits,
    script:
        "../scripts/measure_onion.py"


rule tabulate_onions:
    input:
        rows=expand(results("measurements/onions/{repeater}.csv"), repeater=ORDERS),
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


FIGURES = {"onions": {"table": rules.tabulate_onions.output.positions}}
TABLES = [rules.tabulate_onions.output]


include: "settings.smk"
include: "drawing.smk"


rule onions:
    input:
        rules.state_settings.output,
        rules.tabulate_onions.output,
        rules.figures.input,
    localrule: True
