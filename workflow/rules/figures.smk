rule figures:
    input:
        expand(rules.look_at_exemplar.output.exemplar, task=EXEMPLARS),
