"""Makes the checks of the settings known to Django."""

from django.apps import AppConfig


class HouseConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401 - registers itself
        from config.lib import locks  # noqa: F401 - bounds how long a connection waits for a lock
