"""What search engines read of a title, in the vocabulary of schema.org; it says exactly what the page shows."""

from collections.abc import Callable
from typing import Any

from vod.models import Title
from vod.queries import Access

Absolute = Callable[[str], str]


def of_film(title: Title, access: Access, absolute: Absolute) -> dict[str, Any]:
    """A VideoObject (https://schema.org/VideoObject)."""
    thing = _common(title, absolute) | {
        "@type": "VideoObject",
        "uploadDate": title.starts_at.isoformat(),
        "isFamilyFriendly": title.rating in ("", "G"),
    }
    length = getattr(title, "duration_s", None)
    if length:
        thing["duration"] = f"PT{int(length // 3600)}H{int(length % 3600 // 60)}M{round(length % 60)}S"
    if title.ends_at:
        thing["expires"] = title.ends_at.isoformat()
    if access.offer:
        thing["offers"] = {
            "@type": "Offer",
            "price": str(access.offer.price),
            "priceCurrency": "JPY",
            "availability": "https://schema.org/InStock",
            "url": absolute(title.get_absolute_url()),
        }
    return thing


def of_series(title: Title, absolute: Absolute) -> dict[str, Any]:
    return _common(title, absolute) | {"@type": "TVSeries"}


def _common(title: Title, absolute: Absolute) -> dict[str, Any]:
    thing: dict[str, Any] = {
        "@context": "https://schema.org",
        "name": title.display_name,
        "description": title.display_synopsis or title.display_name,
        "url": absolute(title.get_absolute_url()),
    }
    if title.artwork_wide:
        thing["thumbnailUrl"] = thing["image"] = absolute(title.artwork_wide.url)
    if title.display_cast:
        names = [name.strip() for name in title.display_cast.replace("、", ",").split(",")]
        thing["actor"] = [{"@type": "Person", "name": name} for name in names if name]
    return thing
