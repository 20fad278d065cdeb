"""Understands a question with its history: a `Query` with sub-queries, language and expected answer type."""
