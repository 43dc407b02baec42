"""Energy and area per action: tables with sources."""
