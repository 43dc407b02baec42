"""What this tool finds beside what was published or measured, case by case."""
