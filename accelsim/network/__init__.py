"""A whole network on one machine: a mapping for every layer, equal layers once, and the totals."""
