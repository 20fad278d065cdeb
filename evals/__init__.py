"""Measures how well the chain answers: cases, metrics, runs and reports."""
