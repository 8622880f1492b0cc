# What the runs say of each of the paper's claims, and of claims of others, as a page, as text and as JSON. The page shows
# pictures that lie beside it: a figure that is drawn again leaves it alone.


rule state_verdicts:
    input:
        runs=rules.enumerate_runs.output.runs,
        measurements=rules.aggregate_measurements.output.measurements,
        twins=twins_beside(),
        others=[
            rules.aggregate_ablations.output.ablations,
            rules.follow_gradients.output.gradients,
            rules.aggregate_memory.output.memory,
        ],
    output:
        json=results("verdicts.json"),
        md=results("verdicts.md"),
        html=report(
            results("verdicts.html"),
            caption="../report/verdicts.rst",
            category="Answers",
            labels={"experiment": EXPERIMENT.experiment},
        ),
    log:
        results("logs/state_verdicts.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    params:
        experiment=EXPERIMENT.experiment,
        figures=sorted(
            (
                f"figures/{Path(path).name}"
                for path in rules.figures.input
                if Path(path).parent.name == "figures" and path.endswith(".png")
            ),
            key=lambda path: (Path(path).stem not in MAIN_FIGURES, path),
        ),
    script:
        "../scripts/state_verdicts.py"
