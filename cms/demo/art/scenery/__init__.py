"""Pieces of the harbour town that every picture and film is made of."""
