"""A language model writes known questions with their answers; each statement is checked, and a person reviews them."""
