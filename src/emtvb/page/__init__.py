"""A page on which one edits a running network: which networks are on it, what it holds of them, and its sources."""
