"""The drawn world of the demo station, made by code: films, key art, product pictures, marks."""
