"""Training and fitting: the reader, the ranking weights, the confidence; their data beside them."""
