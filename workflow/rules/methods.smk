# Ways to find where networks hold variables, side by side: a job for each network, which makes it, trains it or takes it
# from what is published. Nothing where the config asks for none.


wildcard_constraints:
    network="[A-Za-z0-9_.-]+",


rule run_methods:
    input:
        weights=lambda wildcards: weights_of(wildcards.network),
    output:
        rows=results("measurements/methods/{network}.csv"),
    log:
        results("logs/run_methods/{network}.log"),
    priority: 1
    conda:
        "../envs/emtvb.yaml"
    threads: 1
    params:
        network=lambda wildcards: METHOD_NETWORKS[wildcards.network].model_dump(mode="json"),
        run=lambda wildcards: published_entry(wildcards.network),
        ks=lambda _: METHODS.das_k,
        das_steps=lambda _: METHODS.das_steps,
        seed=lambda _: METHODS.seed,
    script:
        "../scripts/run_methods.py"


rule tabulate_methods:
    input:
        rows=expand(results("measurements/methods/{network}.csv"), network=METHOD_NETWORKS),
    output:
        csv=results("tables/methods.csv"),
        md=results("tables/methods.md"),
    log:
        results("logs/tabulate_methods.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    script:
        "../scripts/tabulate_methods.py"


# Its settings stand beside it, as those of a sweep do.
if METHODS:

    ruleorder: state_methods > state_settings

    rule state_methods:
        output:
            settings=results("settings.json"),
        log:
            results("logs/state_methods.log"),
        localrule: True
        conda:
            "../envs/emtvb.yaml"
        params:
            **fixed(EXPERIMENT.model_dump(mode="json")),
        script:
            "../scripts/state_methods.py"


rule methods:
    input:
        ([rules.state_methods.output, rules.tabulate_methods.output, results("figures/methods.png")] if METHODS else []),
    localrule: True
