"""HTTP to addresses that people typed: never to this network, however a name resolves at that moment.

Not the name but the connection is looked at: once it stands, and before a byte is sent, its other end must be a public
address. So neither a name that leads inside nor one that changes between two look-ups gets through.
"""

import ipaddress
import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from config.lib.http import Session


class NotPublic(OSError):
    """The address lies in a private network, or on this very machine."""


def _checked(made: socket.socket) -> socket.socket:
    address = ipaddress.ip_address(made.getpeername()[0].partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    if not address.is_global or address.is_multicast:
        made.close()
        raise NotPublic(f"{address} is no public address")
    return made


class _Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _Tls(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls


class _PublicOnly(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}


def session(*, is_private_allowed: bool) -> Session:
    """A session for addresses that people typed; it heeds no proxy of the environment, whose end would be seen."""
    made = Session()
    made.trust_env = False
    if not is_private_allowed:
        for scheme in ("http://", "https://"):
            made.mount(scheme, _PublicOnly(max_retries=0))
    return made
