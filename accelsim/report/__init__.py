"""Results as people and programs read them: tables, figures, JSON, CSV, pages of a notebook."""
