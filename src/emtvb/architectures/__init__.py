"""Other recurrent architectures than the paper's. ``registry`` names them all; each is a class in a module of its own.

Such a class holds a trained network's arrays and is a system that ``emtvb.interpret`` measures (``weights.Trained``).
"""
