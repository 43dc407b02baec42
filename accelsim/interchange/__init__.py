"""Foreign formats, each way."""
