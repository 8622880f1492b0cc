"""Other recurrent architectures than the paper's, as systems of arrays: an LSTM and a layer of S4D.

Each has what ``emtvb.interpret`` asks of a system: ``state_dim``, ``drive`` and ``coast``.
"""
