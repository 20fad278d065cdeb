"""Finds and ranks hits for a query: dense and full-text search, fused, features, reranker."""
