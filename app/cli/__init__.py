"""The command `ask-the-plan`. Nothing heavy is imported at the top."""
