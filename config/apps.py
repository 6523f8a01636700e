"""Makes the checks of the settings known to Django."""

from django.apps import AppConfig


class HouseConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401 - registers itself
        from config.lib import locks, telemetry  # noqa: F401 - locks: bounds how long a connection waits for a lock

        telemetry.set_up()
