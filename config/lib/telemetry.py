"""Traces by OpenTelemetry: nothing but a few identifiers where nobody collects them.

A trace is named by its `traceparent` (W3C Trace Context), which is kept in a row, so that processes that never speak to
each other write into the same one. The parts that collect and send are an extra of the package (`otel`); they are set
up where `OTEL_EXPORTER_OTLP_ENDPOINT` says where to. Without them a span costs one comparison.
"""

import functools
import logging
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from django.conf import settings
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

log = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")
PREFIX = "hitotsu."
NEEDED = "OTEL_EXPORTER_OTLP_ENDPOINT is set, but no traces are sent: install the extra `otel` (pip install '.[otel]')"

_propagator = TraceContextTextMapPropagator()


class _Collecting:
    """Who makes spans in this process, once somebody collects them."""

    provider: "TracerProvider | None" = None
    tracer: Tracer | None = None


def set_up() -> None:
    """Send spans to where the settings say; called once in each process, before it forks."""
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT or _Collecting.provider:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.warning(NEEDED)
        return
    collect(BatchSpanProcessor(OTLPSpanExporter()))


def collect(processor: "SpanProcessor") -> "TracerProvider":
    """Hand every span that ends in this process, and in those it forks, to `processor`; needs the extra `otel`."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    named = {} if "OTEL_SERVICE_NAME" in os.environ else {"service.name": "hitotsu"}
    _Collecting.provider = TracerProvider(resource=Resource.create(named))
    _Collecting.provider.add_span_processor(processor)
    _Collecting.tracer = _Collecting.provider.get_tracer("hitotsu")
    return _Collecting.provider


def stop() -> None:
    """Send what is left and collect no more."""
    if _Collecting.provider:
        _Collecting.provider.shutdown()
    _Collecting.provider = _Collecting.tracer = None


def flush(**kwargs: object) -> None:
    """Send what is left, before a process ends without Python's farewell."""
    if _Collecting.provider:
        _Collecting.provider.force_flush()


def span(name: str, *, parent: str = "", **attributes: Any) -> AbstractContextManager[Span | None]:
    """A span that lasts as long as the block: within the trace of the `traceparent` given, else of the span around it.

    Attributes that are empty are left out. An error that leaves the block is written to it.
    """
    tracer = _Collecting.tracer
    return nullcontext() if tracer is None else _span(tracer, name, parent, attributes)


@contextmanager
def _span(tracer: Tracer, name: str, parent: str, attributes: dict[str, Any]) -> Iterator[Span]:
    within = _propagator.extract({"traceparent": parent}, Context()) if parent else None
    with tracer.start_as_current_span(name, within, attributes=_named(attributes)) as made:
        yield made


def note(*, failed: str = "", **attributes: Any) -> None:
    """Write to the span around this; `failed` says what went wrong, and marks it as an error."""
    if _Collecting.tracer is None:
        return
    current = trace.get_current_span()
    current.set_attributes(_named(attributes))
    if failed:
        current.set_status(StatusCode.ERROR, failed)


def traced(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Each call of the function is a span."""

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def inner(*args: P.args, **kwargs: P.kwargs) -> R:
            with span(name):
                return function(*args, **kwargs)

        return inner

    return wrap


def traceparent() -> str:
    """The name of the trace that this is part of; where nobody collects, of a new one that is not sampled."""
    carrier: dict[str, str] = {}
    if _Collecting.tracer is not None:
        _propagator.inject(carrier)
    return carrier.get("traceparent") or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"


def trace_id(parent: str) -> str:
    """The trace's own number in a `traceparent`, as logs and collectors write it."""
    return parent[3:35]


def _named(attributes: dict[str, Any]) -> dict[str, Any]:
    return {PREFIX + name: value for name, value in attributes.items() if value not in ("", None)}
