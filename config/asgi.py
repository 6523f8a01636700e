"""The ASGI entry point, served by uvicorn."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_asgi_application()

from django.db import connections  # noqa: E402 - Django must be set up first

from config.checks import refuse_to_start  # noqa: E402

refuse_to_start()
# Each request has a thread of its own here, and with it its own connection. One that were kept would never be used
# again, only stay open until Python happens to collect it: a busy minute would take all that the database has.
for alias in connections:
    connections.settings[alias]["CONN_MAX_AGE"] = 0
