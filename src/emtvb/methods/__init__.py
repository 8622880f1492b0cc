"""Ways to find where a network holds variables, side by side on networks of which something is known."""
