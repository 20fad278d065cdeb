"""A language model writes known questions with their answers; each statement is checked and waits for a look."""
