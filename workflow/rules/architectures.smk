# Other networks than the paper's, a job each: trained, measured, drawn. Nothing where the config asks for none.


wildcard_constraints:
    run="[A-Za-z0-9_.-]+",


rule train_architecture:
    output:
        weights=results("architectures/{run}/weights.safetensors"),
        history=results("architectures/{run}/history.csv"),
    log:
        results("logs/train_architecture/{run}.log"),
    priority: 1
    conda:
        "../envs/emtvb.yaml"
    threads: 1
    params:
        run=lambda wildcards: training_entry(ARCHITECTURE_RUNS[wildcards.run]),
        network=lambda wildcards: architecture_of(wildcards).network,
        module=lambda wildcards: architecture_of(wildcards).module,
        accelerator=EXPERIMENT.accelerator,
        revision=lambda wildcards: promises.REVISIONS.get(ARCHITECTURE_RUNS[wildcards.run].architecture),
    script:
        "../scripts/train_architecture.py"


rule measure_architecture:
    input:
        weights=rules.train_architecture.output.weights,
    output:
        measurements=results("architectures/{run}/measurements.csv"),
        look=results("architectures/{run}/look.npz"),
    log:
        results("logs/measure_architecture/{run}.log"),
    conda:
        "../envs/emtvb.yaml"
    threads: 1
    params:
        run=lambda wildcards: architecture_entry(ARCHITECTURE_RUNS[wildcards.run]),
        network=lambda wildcards: architecture_of(wildcards).network,
        interpretation=lambda _: EXPERIMENT.interpretation.model_dump(),
    script:
        "../scripts/measure_architecture.py"


rule aggregate_architectures:
    input:
        measurements=expand(results("architectures/{run}/measurements.csv"), run=ARCHITECTURE_RUNS),
    output:
        measurements=results("architectures/measurements.csv"),
    log:
        results("logs/aggregate_architectures.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        runs=list(ARCHITECTURE_RUNS),
    script:
        "../scripts/concatenate.py"


rule measure_rnn:
    input:
        weights=expand(results("training/{shard}/weights.safetensors"), shard=SHARDS),
    output:
        measurements=results("architectures/rnn.csv"),
    log:
        results("logs/measure_rnn.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        shards=lambda _: {shard: entries(shard) for shard in SHARDS},
        interpretation=lambda _: EXPERIMENT.interpretation.model_dump(),
    script:
        "../scripts/measure_rnn.py"


rule compare_architectures:
    input:
        rnn=rules.measure_rnn.output.measurements,
        others=rules.aggregate_architectures.output.measurements,
    output:
        page=results("architectures/comparison.md"),
    log:
        results("logs/compare_architectures.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        runs=list(ARCHITECTURE_RUNS),
    script:
        "../scripts/compare_architectures.py"


rule architectures:
    input:
        ([rules.compare_architectures.output, results("figures/architectures.png")] if ARCHITECTURE_RUNS else []),
    localrule: True
