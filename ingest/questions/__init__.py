"""Questions written beforehand: their files, and their store beside the catalogue."""
