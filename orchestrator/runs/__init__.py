"""From the claim of a run to its end."""
