"""Vector search: segments in Chroma, and exact search of what none of them holds yet."""
