"""Load, soak and speed: how fast, how much at once, what a kill leaves behind."""
