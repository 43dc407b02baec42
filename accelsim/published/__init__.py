"""Published cost models restated: what a paper counts, by the paper's own rules."""
