"""The terminal door: the command pt5-async."""
