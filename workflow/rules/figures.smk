# The paper's figures (a) to (f); Table 1 as a forest plot, how often each kind of solution is found, two of edits and one of
# how the rules for published numbers err: each from the files that it shows, its plotted numbers beside it as CSV.

EXEMPLAR_FILE = results("measurements/exemplars/{task}.npz")
EXEMPLAR_FILES = expand(rules.look_at_exemplar.output.exemplar, look=EXEMPLARS)
LOOK_FILES = expand(rules.look_at_exemplar.output.exemplar, look=LOOKS)


rule draw_composition:
    input:
        exemplars=EXEMPLAR_FILES,
    output:
        pdf=figure("composition", "pdf"),
        png=figure("composition", "png"),
        csv=results("figures/composition.csv"),
    log:
        results("logs/figures/composition.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("draw_composition"),
    script:
        "../scripts/draw_composition.py"


rule draw_spectrum:
    input:
        exemplars=LOOK_FILES,
    output:
        pdf=figure("spectrum", "pdf"),
        png=figure("spectrum", "png"),
        csv=results("figures/spectrum.csv"),
    log:
        results("logs/figures/spectrum.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("draw_spectrum"),
    script:
        "../scripts/draw_spectrum.py"


rule draw_hidden_state:
    input:
        exemplar=EXEMPLAR_FILE,
    output:
        pdf=figure("hidden_state/{task}", "pdf", task="{task}"),
        png=figure("hidden_state/{task}", "png", task="{task}"),
        csv=results("figures/hidden_state/{task}.csv"),
    log:
        results("logs/figures/hidden_state/{task}.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("draw_hidden_state"),
    script:
        "../scripts/draw_hidden_state.py"


rule draw_weights:
    input:
        exemplars=LOOK_FILES,
    output:
        pdf=figure("weights", "pdf"),
        png=figure("weights", "png"),
        csv=results("figures/weights.csv"),
    log:
        results("logs/figures/weights.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("draw_weights"),
    script:
        "../scripts/draw_weights.py"


rule animate:
    input:
        exemplar=EXEMPLAR_FILE,
    output:
        gif=figure("animation/{task}", "gif", task="{task}"),
        csv=results("figures/animation/{task}.csv"),
    log:
        results("logs/figures/animation/{task}.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("animate"),
    script:
        "../scripts/animate.py"


rule draw_edits:
    input:
        exemplar=EXEMPLAR_FILE,
    output:
        pdf=figure("edits/{task}", "pdf", task="{task}"),
        png=figure("edits/{task}", "png", task="{task}"),
        csv=results("figures/edits/{task}.csv"),
    log:
        results("logs/figures/edits/{task}.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("draw_edits"),
    script:
        "../scripts/draw_edits.py"


rule draw_interventions:
    input:
        runs=rules.enumerate_runs.output.runs,
        measurements=rules.aggregate_measurements.output.measurements,
    output:
        pdf=figure("interventions", "pdf"),
        png=figure("interventions", "png"),
        csv=results("figures/interventions.csv"),
    log:
        results("logs/figures/interventions.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("draw_interventions"),
    script:
        "../scripts/draw_interventions.py"


rule draw_forest:
    input:
        runs=rules.enumerate_runs.output.runs,
        measurements=rules.aggregate_measurements.output.measurements,
        twins=twins_beside(),
    output:
        pdf=figure("forest", "pdf"),
        png=figure("forest", "png"),
        csv=results("figures/forest.csv"),
    log:
        results("logs/figures/forest.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("draw_forest"),
    script:
        "../scripts/draw_forest.py"


rule draw_solutions:
    input:
        runs=rules.enumerate_runs.output.runs,
        measurements=rules.aggregate_measurements.output.measurements,
        twins=twins_beside(),
    output:
        pdf=figure("solutions", "pdf"),
        png=figure("solutions", "png"),
        csv=results("figures/solutions.csv"),
    log:
        results("logs/figures/solutions.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("draw_solutions"),
    script:
        "../scripts/draw_solutions.py"


rule draw_learning:
    input:
        summary=rules.summarise_learning.output.summary,
    output:
        pdf=figure("learning", "pdf"),
        png=figure("learning", "png"),
        csv=results("figures/learning.csv"),
    log:
        results("logs/figures/learning.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("draw_learning"),
    script:
        "../scripts/draw_learning.py"


rule draw_evidence:
    output:
        pdf=figure("evidence", "pdf"),
        png=figure("evidence", "png"),
        csv=results("figures/evidence.csv"),
    log:
        results("logs/figures/evidence.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("draw_evidence"),
    script:
        "../scripts/draw_evidence.py"


# Twins alone are for tables.
rule figures:
    input:
        (
            [
                rules.draw_composition.output,
                rules.draw_spectrum.output,
                expand(rules.draw_hidden_state.output, task=EXEMPLARS),
                rules.draw_weights.output,
                expand(rules.draw_edits.output, task=EXEMPLARS),
                rules.draw_interventions.output,
                rules.draw_forest.output,
                rules.draw_solutions.output,
                expand(rules.animate.output, task=EXEMPLARS),
                rules.draw_learning.output,
                rules.draw_evidence.output,
            ]
            if STAGES.shown
            else []
        ),
    localrule: True


# What an independent checker of the paper compares: its table and figures, as CODECHECK's manifest. Edits are not in it,
# which the paper does not have. It names the files and does not read them, so a figure that is drawn again leaves it alone.
rule state_codecheck:
    output:
        manifest=results("codecheck.yml"),
    log:
        results("logs/state_codecheck.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        recipe=recipe("state_codecheck"),
    script:
        "../scripts/state_codecheck.py"
