"""One network outside of the workflow: named by a user, trained, measured, edited."""
