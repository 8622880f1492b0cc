"""What all networks of an experiment say together: how often which solution is found, and what decides it."""
