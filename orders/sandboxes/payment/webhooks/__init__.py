"""Signed events: written with the work they tell of, delivered afterwards, again and again until answered."""
