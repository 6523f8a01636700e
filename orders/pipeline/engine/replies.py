"""HTTP answers of outside systems, sorted into what the pipeline knows: later, no, or fine."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import requests

from orders.pipeline.engine.errors import Refused, Transient

LATER = {408, 409, 423, 425, 429}


def sort_reply(receiver: str, reply: requests.Response) -> None:
    """Return for a good answer; raise `Transient` for one that may change, `Refused` for one that will not.

    401 and 403 are a fault of our settings, not of the order, so they are tried again and then shown to a person.
    """
    if reply.status_code < 400:
        return
    words = f"{receiver} answered {reply.status_code}: {reply.text[:500]}"
    if reply.status_code >= 500 or reply.status_code in LATER or reply.status_code in {401, 403}:
        raise Transient(words, retry_after=_retry_after(reply))
    raise Refused(words)


def unreachable(receiver: str, error: requests.RequestException) -> Transient:
    return Transient(f"{receiver} did not answer: {error}")


def _retry_after(reply: requests.Response) -> timedelta | None:
    """`Retry-After` in seconds or as a date (RFC 9110, 10.2.3), at most a day."""
    value = reply.headers.get("Retry-After", "")
    if value.isdecimal():
        return timedelta(seconds=min(int(value), 86_400))
    try:
        pause = parsedate_to_datetime(value) - datetime.now(UTC)
    except (ValueError, TypeError):  # no date, or one that names no time zone
        return None
    return max(timedelta(0), min(pause, timedelta(days=1)))
