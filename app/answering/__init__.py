"""Hits -> draft -> verified answer: which quotes, how confident, what is missing, what is highlighted."""
