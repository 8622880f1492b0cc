# What kind of memory networks have: how long it lasts, at which amplitudes, and what it withstands. The networks that solve their
# task are measured, and those that nearly do; which these are, measurements tell.


rule measure_memory:
    input:
        weights=rules.train_shard.output.weights,
        measurements=rules.measure_shard.output.measurements,
    output:
        memory=results("measurements/memory/{shard}.csv"),
    log:
        results("logs/measure_memory/{shard}.log"),
    conda:
        "../envs/emtvb.yaml"
    threads: 1
    params:
        runs=lambda wildcards: entries(wildcards.shard),
    script:
        "../scripts/measure_memory.py"


# Networks by hand are controls for all networks of their task, so that one job measures them.
rule measure_circuits:
    input:
        runs=results("runs.csv"),
        measurements=results("measurements.csv"),
    output:
        memory=results("measurements/circuits.csv"),
    log:
        results("logs/measure_circuits.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        **as_params(
            {
                "dimensions": EXPERIMENT.dimensions,
                "variables": EXPERIMENT.variables,
                "protocol": settings.plain_data(EXPERIMENT.protocol),
            }
        ),
    script:
        "../scripts/measure_circuits.py"


rule aggregate_memory:
    input:
        memory=expand(results("measurements/memory/{shard}.csv"), shard=SHARDS),
    output:
        memory=results("measurements/memory.csv"),
    log:
        results("logs/aggregate_memory.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    script:
        "../scripts/aggregate_memory.py"


# What was found on the paper's sweep is tested on networks of experiments beside it, those that have come to their tables.
TESTED_ON = [
    files
    for name in ("twins", "reference", "reference-odd", "repeat-copy", "cycles", "sizes", "start", "fresh")
    if EXPERIMENT.experiment == "paper" and (files := files_beside(name, "tables/memory.csv", "digests.csv"))
]


rule tabulate_memory:
    input:
        measurements=results("measurements.csv"),
        digests=results("digests.csv"),
        memory=rules.aggregate_memory.input.memory,
        # By its path: where an input is of `rules`, Snakemake hashes a list of all shards once for each of them.
        circuits=results("measurements/circuits.csv"),
        others=[files[0] for files in TESTED_ON],
        known=[files[1] for files in TESTED_ON],
        following=[results("tables/following.csv")] if EXPERIMENT.followed() else [],
    output:
        memory=results("tables/memory.csv"),
        law=results("tables/memory_law.csv"),
        thresholds=results("tables/memory_thresholds.csv"),
    log:
        results("logs/tabulate_memory.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        experiment=EXPERIMENT.experiment,
    script:
        "../scripts/tabulate_memory.py"


# What becomes of memories under other gains and with noise, of the networks that solve their task.
if EXPERIMENT.dose:

    rule measure_dose:
        input:
            weights=rules.train_shard.output.weights,
            measurements=rules.measure_shard.output.measurements,
        output:
            dose=results("measurements/dose/{shard}.csv"),
        log:
            results("logs/measure_dose/{shard}.log"),
        conda:
            "../envs/emtvb.yaml"
        threads: 1
        params:
            runs=lambda wildcards: entries(wildcards.shard),
        script:
            "../scripts/measure_dose.py"

    rule tabulate_dose:
        input:
            runs=results("runs.csv"),
            dose=expand(results("measurements/dose/{shard}.csv"), shard=SHARDS),
        output:
            dose=results("tables/dose.csv"),
        log:
            results("logs/tabulate_dose.log"),
        localrule: True
        conda:
            "../envs/emtvb.yaml"
        script:
            "../scripts/tabulate_dose.py"
