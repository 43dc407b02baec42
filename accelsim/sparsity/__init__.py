"""Zeros: where they are, and the forms in which they take less room."""
