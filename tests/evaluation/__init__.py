"""The evaluation's naive twin: what every instance moved, added up in fractions."""
