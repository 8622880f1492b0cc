# Ways to find where networks hold variables, side by side: a job for each network, which makes it, trains it or takes it
# from what is published, packed, in the experiment beside this one.

from emtvb.experiments.methods.settings import published

METHODS = EXPERIMENT.methods
NETWORKS = {network.name: network for network in METHODS.networks}
with hooks.in_one_line():
    PUBLISHED = published(METHODS, RESULTS.parent)


wildcard_constraints:
    network="[A-Za-z0-9_.-]+",


rule run_methods:
    input:
        weights=lambda wildcards: [weights for _, weights in PUBLISHED.get(wildcards.network, [])],
    output:
        rows=results("measurements/methods/{network}.csv"),
    log:
        results("logs/run_methods/{network}.log"),
    priority: 1
    conda:
        "../envs/emtvb.yaml"
    threads: 1
    params:
        network=lambda wildcards: NETWORKS[wildcards.network].model_dump(mode="json"),
        run=lambda wildcards: next((run for run, _ in PUBLISHED.get(wildcards.network, [])), None),
        ks=lambda _: METHODS.das_k,
        das_steps=lambda _: METHODS.das_steps,
        seed=lambda _: METHODS.seed,
    script:
        "../scripts/run_methods.py"


rule tabulate_methods:
    input:
        rows=expand(results("measurements/methods/{network}.csv"), network=NETWORKS),
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


FIGURES = {"methods": {"table": rules.tabulate_methods.output.csv}}
TABLES = [rules.tabulate_methods.output]


include: "settings.smk"
include: "drawing.smk"


rule methods:
    input:
        rules.state_settings.output,
        rules.tabulate_methods.output,
        rules.figures.input,
    localrule: True
