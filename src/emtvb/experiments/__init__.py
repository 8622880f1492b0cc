"""The kinds of experiments, a folder each, and the results that lie here."""
