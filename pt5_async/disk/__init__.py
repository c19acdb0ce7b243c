"""The source: how a tree on disk is walked and its files are read."""
