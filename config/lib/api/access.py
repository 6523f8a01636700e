"""Who asks, and how often they may."""

import logging
from typing import Any

from redis import RedisError
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle

log = logging.getLogger(__name__)


class MemberSession(SessionAuthentication):
    """The session of the site. Unlike REST framework's own it has a challenge, so that a stranger gets 401, not 403."""

    def authenticate_header(self, request: Request) -> str:
        return 'Session realm="member"'


class Throttle(AnonRateThrottle):
    """So many requests from one address; with the cache away nobody is counted, and nobody is turned away for it."""

    def allow_request(self, request: Request, view: Any) -> bool:
        try:
            return super().allow_request(request, view)
        except RedisError as error:
            log.warning("Requests to the API are not counted: %s", error)
            return True
