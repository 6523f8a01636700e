"""The house: settings, addresses, and the library that knows none of our apps."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
