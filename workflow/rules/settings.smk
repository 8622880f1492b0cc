# What the config states, with all defaults, beside the results.


rule state_settings:
    output:
        settings=results("settings.json"),
    log:
        results("logs/state_settings.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        **as_params(EXPERIMENT.model_dump(mode="json")),
    script:
        "../scripts/state_settings.py"
