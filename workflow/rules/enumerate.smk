# Which runs: the config becomes a table of them.


rule enumerate_runs:
    output:
        runs=results("runs.csv"),
    log:
        results("logs/enumerate_runs.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        **as_params(EXPERIMENT.model_dump(mode="json", exclude=NOT_OF_RUNS)),
    script:
        "../scripts/enumerate_runs.py"
