"""The counter's naive twin: a walk through the nest with real buffers, and random cases for it."""
