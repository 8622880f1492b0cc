"""The cells of other architectures in torch, and how their weights are stored."""
