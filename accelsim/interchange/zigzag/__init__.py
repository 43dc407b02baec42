"""ZigZag's files: accelerators, workloads and mappings, as specs."""
