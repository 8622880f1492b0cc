"""Edits of what a network holds while it runs, each beside its controls."""
