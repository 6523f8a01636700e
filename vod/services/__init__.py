"""The verbs of the video service: film in, and film out."""
