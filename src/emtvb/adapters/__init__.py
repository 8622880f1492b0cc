"""A network becomes a system: torch, step functions, what proves that they are the same."""
