"""Graphs of tensor operators -> layers; shared by all front ends."""
