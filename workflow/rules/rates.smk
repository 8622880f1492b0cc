# How often the rules for published values err, by simulation (docs/evidence.md): minutes, so not while a figure is drawn.


rule simulate_populations:
    output:
        rates=results("measurements/error_rates/populations.csv"),
    log:
        results("logs/simulate_populations.log"),
    # It takes a minute: no run of the workflow should end by waiting for it alone.
    priority: 1
    conda:
        "../envs/emtvb.yaml"
    threads: 1
    script:
        "../scripts/simulate_populations.py"


rule bootstrap_cells:
    input:
        runs=results("runs.csv"),
        measurements=results("measurements.csv"),
        twins=twins_beside(),
    output:
        rates=results("measurements/error_rates/cells.csv"),
    log:
        results("logs/bootstrap_cells.log"),
    # It takes a minute: no run of the workflow should end by waiting for it alone.
    priority: 1
    conda:
        "../envs/emtvb.yaml"
    threads: 1
    script:
        "../scripts/bootstrap_cells.py"
