"""Understanding a question: text and history -> `Query`, with sub-queries, language and expected answer type."""
