"""Figures: one module each, from data to a matplotlib Figure and to the numbers that it shows."""
