"""What is built: memories, fanouts and compute, outermost first."""
