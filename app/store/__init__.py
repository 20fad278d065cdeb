"""The stores: conversations, feedback, records with their evidence, exports, the documents' folders."""
