"""The verbs of buying."""
