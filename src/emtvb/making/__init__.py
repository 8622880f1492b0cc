"""How jobs run, what they record, and what makes their outputs stale."""
