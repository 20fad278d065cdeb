"""What is saved: conversations, feedback, records with their evidence, exports, the documents' folders."""
