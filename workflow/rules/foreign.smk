# Tasks and cells of other packages: trials are drawn once for each task, a cell learns a task with each seed, and what is
# stored there is read and edited.

FOREIGN = EXPERIMENT.foreign
ORDERS = FOREIGN.orders()


wildcard_constraints:
    foreign_task="match|context|flip-flop",
    networks="[a-z-]+_[a-z]+",


# Kept as trainings are, whatever becomes of the code: who has no neurogym can do all else.
rule draw_trials:
    output:
        trials=results("trials/{foreign_task}.npz"),
    log:
        results("logs/draw_trials/{foreign_task}.log"),
    priority: 2
    conda:
        "../envs/emtvb.yaml"
    threads: 1
    params:
        order=lambda wildcards: {
            "task": wildcards.foreign_task,
            "trials": FOREIGN.drawn,
            "seed": FOREIGN.trials_seed,
        },
        revision=promises.REVISIONS.get("foreign"),
    script:
        "../scripts/draw_trials.py"


rule train_foreign:
    input:
        trials=lambda wildcards: results(f"trials/{ORDERS[wildcards.networks]['task']}.npz"),
    output:
        weights=results("networks/{networks}/weights.safetensors"),
        history=results("networks/{networks}/history.csv"),
    log:
        results("logs/train_foreign/{networks}.log"),
    priority: 1
    conda:
        "../envs/emtvb.yaml"
    threads: 1
    params:
        order=lambda wildcards: ORDERS[wildcards.networks],
        revision=promises.REVISIONS.get("foreign"),
    script:
        "../scripts/train_foreign.py"


rule measure_foreign:
    input:
        weights=rules.train_foreign.output.weights,
        trials=lambda wildcards: results(f"trials/{ORDERS[wildcards.networks]['task']}.npz"),
    output:
        rows=results("measurements/foreign/{networks}.csv"),
    log:
        results("logs/measure_foreign/{networks}.log"),
    conda:
        "../envs/emtvb.yaml"
    threads: 1
    params:
        order=lambda wildcards: ORDERS[wildcards.networks],
        judged=lambda _: FOREIGN.judged,
        das_k=lambda _: FOREIGN.das_k,
        das_steps=lambda _: FOREIGN.das_steps,
    script:
        "../scripts/measure_foreign.py"


rule tabulate_foreign:
    input:
        rows=expand(results("measurements/foreign/{networks}.csv"), networks=ORDERS),
    output:
        rows=results("tables/foreign_networks.csv"),
        csv=results("tables/foreign.csv"),
        md=results("tables/foreign.md"),
    log:
        results("logs/tabulate_foreign.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    script:
        "../scripts/tabulate_foreign.py"


FIGURES = {"foreign": {"table": rules.tabulate_foreign.output.rows}}
TABLES = [rules.tabulate_foreign.output]


include: "settings.smk"
include: "drawing.smk"


rule foreign:
    input:
        rules.state_settings.output,
        rules.tabulate_foreign.output,
        rules.figures.input,
    localrule: True
