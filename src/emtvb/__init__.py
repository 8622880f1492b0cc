"""Episodic Memory Theory of variable binding in recurrent networks: train, interpret, audit."""

__version__ = "0.1.0"
