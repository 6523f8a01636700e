"""Celery: it carries wake-ups, the rows carry the truth (settings: `config/celery_settings.py`)."""

import os

from celery import Celery
from celery.signals import beat_init, worker_init, worker_process_shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("hitotsu")
app.config_from_object("config.celery_settings")  # read when first needed, since Django's settings come first
app.set_default()
app.autodiscover_tasks()


@worker_init.connect(weak=False)
def check_settings_and_runs(**kwargs: object) -> None:
    """A worker with a wrong setting would spend money wrongly; it does not start. Nor does one with too old a code."""
    from config.checks import refuse_to_start

    refuse_to_start("default")


@beat_init.connect(weak=False)
def check_settings(**kwargs: object) -> None:
    from config.checks import refuse_to_start

    refuse_to_start()


@worker_process_shutdown.connect(weak=False)
def send_the_last_spans(**kwargs: object) -> None:
    """A child of the pool ends without Python's farewell."""
    from config.lib import telemetry

    telemetry.flush()
