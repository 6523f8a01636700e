"""What the frame of every page shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from cms.queries import notices_at


def site(request: HttpRequest) -> dict[str, Any]:
    """The station's names, and the notices of this moment, which are read only by a page that shows them."""
    return {
        "STATION_NAME": settings.STATION_NAME,
        "STATION_NAME_EN": settings.STATION_NAME_EN,
        "notices": SimpleLazyObject(lambda: list(notices_at(timezone.now()))),
    }
