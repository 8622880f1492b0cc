# What is drawn of a sweep. A figure is an entry of FIGURES: where it lies below figures/ (without a suffix), and the files
# that it shows (drawing.smk).

EXEMPLAR_FILE = {"exemplar": results("measurements/exemplars/{task}.npz")}
EXEMPLAR_FILES = {"exemplars": expand(results("measurements/exemplars/{look}.npz"), look=EXEMPLARS)}
LOOK_FILES = {"exemplars": expand(results("measurements/exemplars/{look}.npz"), look=LOOKS)}
# Of cells with as many seeds as the paper has.
ERROR_RATES = [rules.bootstrap_cells.output.rates] if len(EXPERIMENT.seeds) >= 20 else []
MEASURED = {"runs": results("runs.csv"), "measurements": results("measurements.csv")}

MAIN_FIGURES = ["forest", "bases", "statements", "spectrum", "weights", "edits", "hidden_state", "comparison"]
FIGURES = {
    # The paper's figures (a) to (f).
    "composition": EXEMPLAR_FILES,
    "spectrum": LOOK_FILES,
    "hidden_state/{task}": EXEMPLAR_FILE,
    "weights": LOOK_FILES,
    "animation/{task}": EXEMPLAR_FILE,
    "learning": {"summary": rules.summarise_learning.output.summary, "measurements": results("measurements.csv")},
    # Ours.
    "edits/{task}": EXEMPLAR_FILE,
    "interventions": MEASURED,
    "forest": {**MEASURED, "twins": twins_beside(), "rates": ERROR_RATES},
    "statements": MEASURED,
    "bases": MEASURED,
    "solutions": MEASURED,
    "comparison": {"comparison": rules.tabulate_comparison.output.comparison},
    "evidence": {"rates": rules.simulate_populations.output.rates},
    # Two claims of others.
    "ablations": {"table": rules.tabulate_others.output.ablations},
    "gradients": {"table": rules.tabulate_others.output.gradients},
    "wave": EXEMPLAR_FILES,
    # What kind of memory networks have.
    "memory": {"table": rules.tabulate_memory.output.memory},
    "multipliers": {"table": rules.tabulate_memory.output.memory, "law": rules.tabulate_memory.output.law},
}
# Statements are not drawn where no run is the paper's. How often the rules for printed values err is the same for every
# experiment: it stands beside the whole table.
if not EXPERIMENT.has_paper_runs():
    del FIGURES["statements"]
if not (EXPERIMENT.has_paper_runs() and len(EXPERIMENT.seeds) >= 20 and len(EXPERIMENT.tasks) >= 4):
    del FIGURES["evidence"]

if ARCHITECTURE_RUNS:
    FIGURES["architectures"] = {"looks": expand(results("architectures/{run}/look.npz"), run=ARCHITECTURE_RUNS)}
if EXPERIMENT.dose:
    FIGURES["dose"] = {"table": rules.tabulate_dose.output.dose}
if FOLLOWED:
    FIGURES["following"] = {"table": rules.tabulate_following.output.following}
# A config may name those that it wants.
if EXPERIMENT.figures is not None:
    with hooks.errors_in_one_line():
        FIGURES = named_figures(FIGURES, EXPERIMENT.figures)
# Rounding twins alone have none. What has a task in its path is drawn of each.
if 0 not in EXPERIMENT.twins:
    FIGURES = {}
FIGURES_OF["task"] = list(EXEMPLARS)
