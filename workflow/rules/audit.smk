# Is everything intact and current, would it come out again, and what does it say of the paper? Never up to date: it is
# asked of what lies there, so it runs whenever it is asked for, and makes nothing anew.


rule audit:
    log:
        results("logs/audit.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    threads: 8
    params:
        settings=dump(EXPERIMENT),
        folder=str(RESULTS),
    script:
        "../scripts/audit.py"
