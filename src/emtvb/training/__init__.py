"""How runs are trained: the published protocol."""
