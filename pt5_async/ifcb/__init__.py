"""The instrument: pure functions over names and bytes."""
