"""Ways to find variables, compared."""
