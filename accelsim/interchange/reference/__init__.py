"""Reference cases: what another model counts for a fixed mapping, to be compared with ours."""
