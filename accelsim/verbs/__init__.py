"""The verbs: one Python call each, which the command line only wraps."""
