# Which runs: the config becomes a table of them, and stands beside it with all defaults.


rule enumerate_runs:
    output:
        runs=results("runs.csv"),
    log:
        results("logs/enumerate_runs.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        **fixed(EXPERIMENT.model_dump(mode="json", exclude=NOT_OF_RUNS)),
    script:
        "../scripts/enumerate_runs.py"


rule state_settings:
    output:
        settings=results("settings.json"),
    log:
        results("logs/state_settings.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        **fixed(EXPERIMENT.model_dump(mode="json")),
    script:
        "../scripts/state_settings.py"
