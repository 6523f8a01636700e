"""What the terminal of `make run` shows of the processes' words: what is wrong, and no more."""

import pytest

from scripts.console import Sieve

QUIET = [
    ("web", "INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)"),
    ("worker", "2026-11-24 21:57:25,676 INFO celery.apps.worker worker@vm ready."),
    ("worker", "/lib/celery/platforms.py:893: SecurityWarning: You're running the worker with superuser privileges"),
    ("worker", "absolutely not recommended!"),
    ("mail_sandbox", "mail_sandbox ready on http://127.0.0.1:40247 and smtp://127.0.0.1:56277"),
    ("redis", "8465:M 24 Nov 2026 12:57:08.347 # Server initialized"),
    ("redis", "8465:M 24 Nov 2026 12:57:08.347 # WARNING overcommit_memory is set to 0!"),
    ("redis", "8465:M 24 Nov 2026 12:57:08.350 * Ready to accept connections"),
    ("web", "2026-11-24 21:57:25,676 INFO orders a title that is called " + "x" * 80 + " ERROR"),
    ("web", ""),
]
LOUD = [
    ("web", "2026-11-24 21:57:25,676 ERROR django.request Internal Server Error: /cart/"),
    ("web", "WARNING:  Invalid HTTP request received."),
    ("worker", "2026-11-24 21:57:25,676 WARNING orders.pipeline the card was declined"),
    ("beat", "Traceback (most recent call last):"),
    ("redis", "8465:M 24 Nov 2026 12:57:08.347 # OOM command not allowed when used memory > 'maxmemory'"),
]


@pytest.mark.parametrize(("name", "line"), QUIET)
def test_what_is_well_is_not_shown(name, line):
    assert not Sieve().passes(name, line)


@pytest.mark.parametrize(("name", "line"), LOUD)
def test_warnings_and_failures_are_shown(name, line):
    assert Sieve().passes(name, line)


@pytest.mark.parametrize(("name", "line"), [*QUIET, *LOUD])
def test_everything_is_shown_to_who_asks(name, line):
    assert Sieve(everything=True).passes(name, line)


def test_the_lines_below_a_failure_belong_to_it_and_not_to_another_process():
    sieve = Sieve()
    said = [
        ("web", "2026-11-24 21:57:25,676 ERROR django.request Internal Server Error: /cart/"),
        ("worker", "a line of its own"),
        ("web", '  File "views.py", line 3, in cart'),
        ("web", "ValueError: three"),
        ("web", "2026-11-24 21:57:26,000 INFO django.request all is well again"),
        ("web", "and this belongs to it"),
    ]
    assert [line for name, line in said if sieve.passes(name, line)] == [said[0][1], said[2][1], said[3][1]]
