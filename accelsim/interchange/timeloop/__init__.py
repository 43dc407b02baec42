"""Timeloop's files, of generations 0.2, 0.3 and 0.4, both ways."""
