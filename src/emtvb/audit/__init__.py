"""The audit: what made each result, whether it still holds, and which of the paper's claims reproduce."""
