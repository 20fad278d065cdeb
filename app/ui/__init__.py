"""The chat page and its server; the only importer of Gradio."""
