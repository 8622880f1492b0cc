# Each entry of FIGURES becomes a rule draw_<module>. The module that the path begins with, of the figures of some kind of
# experiment, reads the files, draws, and writes the plotted numbers beside the figure; its caption is
# workflow/report/<module>.rst.

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


rule figures:
    input:
        [
            expand(results(f"figures/{path}.{suffix}"), **FIGURES_OF)
            for path in FIGURES
            for suffix in [*pictures(path), "csv"]
        ],
    localrule: True
