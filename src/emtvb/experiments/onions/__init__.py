"""GRUs that repeat sequences."""
