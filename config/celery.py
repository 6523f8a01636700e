"""Celery: it carries wake-ups, the rows carry the truth (settings: `config/celery_settings.py`)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("hitotsu")
app.config_from_object("config.celery_settings")  # read when first needed, since Django's settings come first
app.set_default()
app.autodiscover_tasks()
