"""Makes a verified answer of hits: quotes, confidence, what is missing and what is highlighted."""
