"""GRUs that repeat sequences of symbols (Csordas, Potts, Manning and Geiger 2024), and what is linear in them."""
