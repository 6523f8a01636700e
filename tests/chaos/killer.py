"""Where a worker can be killed: before and after each SQL statement, each commit and each call to the outside.

`points(counter)` wraps them in this process without a line of product code knowing of it. Counting tells how many there
are; with `kill_at` set, the process gets SIGKILL at exactly that one.
"""

import contextlib
import os
import signal
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
from django.db import connection, transaction


@dataclass
class Counter:
    """Counts the points passed; `kinds` keeps which they were. At `kill_at` (from 1) the process dies."""

    kill_at: int = 0
    every_statement: bool = False
    passed: int = 0
    kinds: list[str] = field(default_factory=list)

    def point(self, kind: str) -> None:
        self.passed += 1
        self.kinds.append(kind)
        if self.passed == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


@contextlib.contextmanager
def points(counter: Counter) -> Iterator[None]:
    """Every commit and every outside call is a point, and every statement too where that is asked for."""
    with contextlib.ExitStack() as stack:
        if counter.every_statement:
            stack.enter_context(connection.execute_wrapper(_around_statement(counter)))
        _replace(stack, transaction.Atomic, "__exit__", _around_commit(counter))
        _replace(stack, requests.adapters.HTTPAdapter, "send", _around(counter, "http"))
        _replace(stack, smtplib.SMTP, "connect", _around(counter, "smtp connect"))
        _replace(stack, smtplib.SMTP, "sendmail", _around(counter, "smtp sendmail"))
        yield


def _replace(stack: contextlib.ExitStack, owner: Any, name: str, wrap: Any) -> None:
    original = getattr(owner, name)
    setattr(owner, name, wrap(original))
    stack.callback(setattr, owner, name, original)


def _around(counter: Counter, kind: str) -> Any:
    def wrap(original: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            counter.point(f"before {kind}")
            answer = original(*args, **kwargs)
            counter.point(f"after {kind}")
            return answer

        return call

    return wrap


def _around_commit(counter: Counter) -> Any:
    """Only the outermost block commits; what is inside it is lost or kept with it."""

    def wrap(original: Any) -> Any:
        def leave(block: Any, *args: Any) -> Any:
            is_outermost = len(connection.atomic_blocks) == 1
            if is_outermost:
                counter.point("before commit")
            answer = original(block, *args)
            if is_outermost:
                counter.point("after commit")
            return answer

        return leave

    return wrap


def _around_statement(counter: Counter) -> Any:
    def run(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        counter.point(f"before {sql[:40]}")
        answer = execute(sql, params, many, context)
        counter.point(f"after {sql[:40]}")
        return answer

    return run
