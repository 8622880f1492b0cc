# A figure is an entry of a table: where it lies below figures/ (without a suffix), and the files that it shows. The module
# that the path begins with, of that kind of experiment's figures, reads these, draws, and writes the plotted numbers beside the figure; its caption
# is workflow/report/<module>.rst. Each becomes a rule draw_<module>.

EXEMPLAR_FILE = {"exemplar": results("measurements/exemplars/{task}.npz")}
EXEMPLAR_FILES = {"exemplars": expand(results("measurements/exemplars/{look}.npz"), look=EXEMPLARS)}
LOOK_FILES = {"exemplars": expand(results("measurements/exemplars/{look}.npz"), look=LOOKS)}
# Of cells with as many seeds as the paper has.
ERROR_RATES = [rules.bootstrap_cells.output.rates] if len(EXPERIMENT.seeds) >= 20 else []
MEASURED = {"runs": results("runs.csv"), "measurements": results("measurements.csv")}

FIGURES = {
    # The paper's figures (a) to (f).
    "composition": EXEMPLAR_FILES,
    "spectrum": LOOK_FILES,
    "hidden_state/{task}": EXEMPLAR_FILE,
    "weights": LOOK_FILES,
    "animation/{task}": EXEMPLAR_FILE,
    "learning": {"summary": rules.summarise_learning.output.summary},
    "learning_supplement": {"summary": rules.summarise_learning.output.summary},
    # Ours.
    "edits/{task}": EXEMPLAR_FILE,
    "interventions": MEASURED,
    "forest": {**MEASURED, "twins": twins_beside(), "rates": ERROR_RATES},
    "statements": MEASURED,
    "solutions": {**MEASURED, "twins": twins_beside()},
    "pairs": {**MEASURED, "twins": twins_beside()},
    "comparison": {"comparison": rules.tabulate_comparison.output.comparison},
    "evidence": {"rates": rules.simulate_populations.output.rates},
    # Two claims of others.
    "ablations": {"table": rules.tabulate_others.output.ablations},
    "gradients": {"table": rules.tabulate_others.output.gradients},
    "wave": EXEMPLAR_FILES,
}
# A figure of which nothing would be seen is not drawn: of pairs where no two runs are one, and of statements where no run is
# the paper's. How often the rules for printed values err is the same for every experiment: it stands beside the whole table.
if not (len(EXPERIMENT.threshold) > 1 or len(EXPERIMENT.twins) > 1 or (EXPERIMENT.has_paper_runs() and twins_beside())):
    del FIGURES["pairs"]
if not EXPERIMENT.has_paper_runs():
    del FIGURES["statements"]
if not (EXPERIMENT.has_paper_runs() and len(EXPERIMENT.seeds) >= 20 and len(EXPERIMENT.tasks) >= 4):
    del FIGURES["evidence"]

if ARCHITECTURE_RUNS:
    FIGURES["architectures"] = {"looks": expand(results("architectures/{run}/look.npz"), run=ARCHITECTURE_RUNS)}

if METHODS:
    FIGURES = {"methods": {"table": rules.tabulate_methods.output.csv}}

if STREAM_SHARDS:
    FIGURES = {
        "stream_recall": {
            "streams": rules.tabulate_streams.output.streams,
            "lengths": rules.tabulate_streams.output.lengths,
        },
        "stream_raster": {"rasters": rules.tabulate_streams.output.rasters, "runs": results("runs.csv")},
        "stream_marker": {"markers": rules.tabulate_streams.output.markers},
    }
if ONIONS:
    FIGURES = {"onions": {"table": rules.tabulate_onions.output.positions}}

for path, shown in FIGURES.items():

    rule:
        name:
            f"draw_{Path(path).parts[0]}"
        input:
            **shown,
        output:
            **{suffix: figure(path, suffix) for suffix in pictures(path)},
            csv=results(f"figures/{path}.csv"),
        log:
            results(f"logs/figures/{path}.log"),
        localrule: True
        conda:
            "../envs/emtvb.yaml"
        params:
            figure=module_of(path),
        script:
            "../scripts/draw.py"


# Rounding twins alone have none.
rule figures:
    input:
        [
            expand(results(f"figures/{path}.{suffix}"), task=EXEMPLARS)
            for path in FIGURES
            for suffix in [*pictures(path), "csv"]
            if SHOWN
        ],
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
        tasks=list(EXEMPLARS),
    script:
        "../scripts/state_codecheck.py"
