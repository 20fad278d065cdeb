"""Embedding models and rerankers by name, and the weights that come with pinned packages."""
