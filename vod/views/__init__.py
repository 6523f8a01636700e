"""The pages of the video service, and the media they play."""
