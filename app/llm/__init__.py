"""A language model of the user's own: provider, prompts, client, parsing, guard; the only importer of chat models."""
