# Which runs: the config becomes a table of them.


rule enumerate_runs:
    output:
        runs=results("runs.csv"),
        settings=results("settings.json"),
    log:
        results("logs/enumerate_runs.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        settings=experiments.dump(EXPERIMENT),
        code=script_code("enumerate_runs.py"),
    script:
        "../scripts/enumerate_runs.py"
