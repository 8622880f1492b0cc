# Other networks than the paper's, a job each: trained, measured, drawn. Nothing where the config asks for none.

ARCHITECTURE_RUNS = [run.run_id for run in EXPERIMENT.architecture_runs()]


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
        recipe=recipe("train_architecture"),
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
        recipe=recipe("measure_architecture"),
    script:
        "../scripts/measure_architecture.py"


rule aggregate_architectures:
    input:
        measurements=expand(rules.measure_architecture.output.measurements, run=ARCHITECTURE_RUNS),
    output:
        measurements=results("architectures/measurements.csv"),
    log:
        results("logs/aggregate_architectures.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("aggregate_architectures"),
    script:
        "../scripts/aggregate_architectures.py"


rule measure_rnn:
    input:
        weights=expand(rules.train_shard.output.weights, shard=SHARDS),
    output:
        measurements=results("architectures/rnn.csv"),
    log:
        results("logs/measure_rnn.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("measure_rnn"),
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
        recipe=recipe("compare_architectures"),
    script:
        "../scripts/compare_architectures.py"


rule draw_architectures:
    input:
        looks=expand(rules.measure_architecture.output.look, run=ARCHITECTURE_RUNS),
    output:
        pdf=figure("architectures", "pdf"),
        png=figure("architectures", "png"),
        csv=results("figures/architectures.csv"),
    log:
        results("logs/figures/architectures.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("draw_architectures"),
    script:
        "../scripts/draw_architectures.py"


rule architectures:
    input:
        ([rules.compare_architectures.output, rules.draw_architectures.output] if ARCHITECTURE_RUNS else []),
    localrule: True
