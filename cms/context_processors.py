"""What the frame of every page shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    return {"STATION_NAME": settings.STATION_NAME, "STATION_NAME_EN": settings.STATION_NAME_EN}
