"""One mapping: a loop nest with keep and bypass, its text, its YAML, and its packed arrays."""
