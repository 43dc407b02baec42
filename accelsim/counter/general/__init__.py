"""Counting under any conventions: slower than the kernel of the default ones, and more general."""
