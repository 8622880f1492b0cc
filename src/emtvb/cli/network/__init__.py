"""One network outside the workflow: trained, opened, measured, edited."""
