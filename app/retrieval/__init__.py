"""Query -> ranked hits: dense and full-text search, fused, features, reranker."""
