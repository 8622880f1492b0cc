"""How jobs run: what makes a result and when it is stale, records, and Slurm. No science."""
