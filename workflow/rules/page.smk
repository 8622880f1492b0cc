# A page on which one edits a running network. It is drawn from one file that is published, so that a clone without the
# weights can draw it again.


rule draw_page:
    input:
        networks=results("measurements/page.npz"),
    output:
        page=results("edit.html"),
    log:
        results("logs/draw_page.log"),
    localrule: True
    conda:
        "../envs/emtvb.yaml"
    script:
        "../scripts/draw_page.py"
