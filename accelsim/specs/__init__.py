"""How readers work: names, overrides, fields with units, faults joined to places in a file."""
