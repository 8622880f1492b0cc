"""What trained networks learned, measured as in the paper."""
