"""Other architectures beside the paper's network."""
