"""What the paper printed and said, and what our runs say of it."""
