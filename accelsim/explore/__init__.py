"""Many machines at once: what is varied, who computes it, and where what was found is kept."""
