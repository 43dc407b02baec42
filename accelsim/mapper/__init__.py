"""The search for the best mapping: objectives, budgets, and drivers behind one contract."""
