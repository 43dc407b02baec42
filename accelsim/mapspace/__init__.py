"""What may be chosen: dataflows as rules, and the space of mappings that they leave."""
