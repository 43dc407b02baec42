"""Machines, layers and mappings as Timeloop's files, and evaluations as its outputs."""
