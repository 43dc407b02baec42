"""Counts times technology: energy, cycles and area of one mapping, as one frozen Evaluation."""
