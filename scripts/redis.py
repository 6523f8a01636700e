"""A Redis server of one's own, for tests and benchmarks that need no more of the stack."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from scripts.environment import StackError, redis_server
from scripts.ports import accepts, pick_free

READY_SECONDS = 10


@contextmanager
def redis_url() -> Iterator[str]:
    """The URL of a Redis that listens on a free port of 127.0.0.1 and keeps nothing. Raises StackError."""
    [port] = pick_free(1)
    with tempfile.TemporaryDirectory(prefix="hitotsu-redis-") as folder:
        command = [redis_server(), "--bind", "127.0.0.1", "--port", str(port), "--dir", folder]
        server = subprocess.Popen([*command, "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL)
        try:
            _wait_until_ready(server, port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()
            server.wait()


def _wait_until_ready(server: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not accepts(port):
        if server.poll() is not None or time.monotonic() > deadline:
            raise StackError(f"Redis did not start on port {port}.")
        time.sleep(0.02)
