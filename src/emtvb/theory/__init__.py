"""Tasks, Phi, variable memories by weights and by data, and the paper's measures."""
