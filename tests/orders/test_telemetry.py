"""One trace for each purchase, over all who work on it, and log lines that say what they are about."""

import gzip
import json
import logging
import logging.config
import os
import pickle
import subprocess
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.conf import settings as django_settings
from django.db import connection, connections
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from config.lib import logs, telemetry
from orders.models import StageAttempt, StageRun
from orders.pipeline.engine import execute
from orders.pipeline.engine.errors import Transient
from orders.pipeline.engine.execute import advance
from orders.pipeline.engine.sweep import sweep
from tests import builders
from tests.architecture.sources import ROOT

Outcome = StageAttempt.Outcome


@pytest.fixture
def spans():
    """Every span that this process ends."""
    exporter = InMemorySpanExporter()
    telemetry.collect(SimpleSpanProcessor(exporter))
    yield exporter.get_finished_spans
    telemetry.stop()


def attempts_of(spans):
    return [one for one in spans if f"{telemetry.PREFIX}attempt" in one.attributes]


def told(span, name: str):
    return span.attributes.get(telemetry.PREFIX + name)


@pytest.mark.django_db
def test_a_purchase_is_one_trace_from_the_button_to_the_last_stage(world, mug, alice, spans):
    order = world.bought(alice, mug)
    run = world.run_of(order)
    tries = StageAttempt.objects.filter(stage__run=run).select_related("stage")
    seen = attempts_of(spans())
    assert Counter((told(one, "stage"), told(one, "fence"), told(one, "outcome")) for one in seen) == Counter(
        (one.stage.name, one.fence, str(one.outcome)) for one in tries
    )
    button = next(one for one in spans() if one.name == "place order")
    assert {one.context.trace_id for one in (button, *seen)} == {int(telemetry.trace_id(run.trace_parent), 16)}
    assert button.parent is None
    begun = next(one for one in spans() if one.name == "start purchase")
    assert begun.parent.span_id == button.context.span_id
    assert {one.parent.span_id for one in seen} == {begun.context.span_id}, "no attempt is a part of another"
    instruct = next(one for one in seen if told(one, "stage") == "instruct")
    handler = order.lines.get().handler
    assert {name: told(instruct, name) for name in ("order", "pipeline", "version", "item", "system", "attempt")} == {
        "order": order.number,
        "pipeline": "purchase",
        "version": 1,
        "item": str(handler.pk),
        "system": "warehouse",
        "attempt": 1,
    }


@pytest.mark.django_db
def test_the_call_to_the_outside_is_a_span_within_the_attempt_at_its_stage(world, mug, alice, spans):
    world.bought(alice, mug)
    (attempt,) = [one for one in attempts_of(spans()) if told(one, "stage") == "instruct"]
    calls = [one for one in spans() if one.parent and one.parent.span_id == attempt.context.span_id]
    assert [told(one, "technique") for one in calls] == ["reference"]


@pytest.mark.django_db
def test_a_failed_attempt_says_why_and_the_next_one_is_in_the_same_trace(world, mug, alice, spans, monkeypatch):
    def away(*args):
        raise Transient("The warehouse is away")

    with monkeypatch.context() as for_a_while:
        for_a_while.setattr(world.warehouse, "instruct", away)
        order = world.bought(alice, mug)
    world.later(minutes=10)
    world.work(order)
    first, *_, last = [one for one in attempts_of(spans()) if told(one, "stage") == "instruct"]
    assert (told(first, "outcome"), told(last, "outcome")) == (Outcome.TRANSIENT, Outcome.SUCCEEDED)
    assert not first.status.is_ok
    assert first.status.description == "The warehouse is away"
    assert last.context.trace_id == first.context.trace_id


@pytest.mark.django_db
def test_an_attempt_whose_worker_is_gone_is_told_by_the_sweep(world, film, alice, spans):
    order = world.order(alice, film)
    run = world.run_of(order)
    stage = execute.Worker(run, world.clock, "charge").claim()
    StageRun.objects.filter(pk=stage.pk).update(lease_owner="elsewhere|1|1")
    sweep(now=world.later(minutes=5))
    (lost,) = attempts_of(spans())
    assert (told(lost, "stage"), told(lost, "outcome"), told(lost, "fence")) == ("charge", Outcome.LOST, 1)
    assert lost.context.trace_id == int(telemetry.trace_id(run.trace_parent), 16)


@pytest.mark.django_db
def test_where_nobody_collects_a_run_has_a_trace_that_is_not_sampled(world, film, alice):
    order = world.order(alice, film)
    version, number, parent, flags = world.run_of(order).trace_parent.split("-")
    assert (version, len(number), len(parent), flags) == ("00", 32, 16, "00")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_several_processes_write_into_one_trace(world, alice, spans):
    if connection.vendor != "postgresql":
        pytest.skip("a test's database in memory belongs to one process")
    builders.video_handler()
    order = world.order(alice, builders.rental(builders.title()))
    world.pay(order)
    run = world.run_of(order)
    theirs = in_another_process(lambda: (advance(run.pk), pickle.dumps(summary(spans())))[1])
    ours = summary(spans())
    assert {name for name, _ in ours} & {"place order", "purchase.charge"}
    assert {name for name, _ in theirs} >= {"purchase.grant", "purchase.document", "purchase.mail"}
    assert {number for _, number in [*ours, *theirs]} == {int(telemetry.trace_id(run.trace_parent), 16)}


def summary(spans):
    return [(one.name, one.context.trace_id) for one in spans]


def in_another_process(act):
    """What `act` gives, done by a child that has connections of its own."""
    connections.close_all()
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.write(writing, act())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        given = answer.read()
    os.waitpid(child, 0)
    return pickle.loads(given)


@pytest.fixture
def lines():
    """What is logged while a test runs, each line as production writes it."""
    handler = logging.StreamHandler()
    handler.setFormatter(logs.Json())
    handler.addFilter(logs.Bound())
    written: list[str] = []
    handler.emit = lambda record: handler.filter(record) and written.append(handler.format(record))
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in written]
    logging.getLogger().removeHandler(handler)


@pytest.mark.django_db
def test_each_line_of_an_attempt_says_what_it_is_about(world, mug, alice, lines, monkeypatch):
    def broken(*args):
        logging.getLogger("somewhere.else").warning("It is\nabout to break")
        raise RuntimeError("broken")

    monkeypatch.setattr(world.warehouse, "instruct", broken)
    order = world.bought(alice, mug)
    run = world.run_of(order)
    stage = world.stage(order, "instruct")
    about = {
        "order": order.number,
        "run": str(run.pk),
        "stage": "instruct",
        "item": stage.item,
        "attempt": 1,
        "trace": telemetry.trace_id(run.trace_parent),
    }
    ours = [line for line in lines() if line.get("attempt") == 1 and line.get("stage") == "instruct"]
    assert {line["logger"] for line in ours} >= {"somewhere.else", "orders.pipeline.engine.execute"}
    assert all(about.items() <= line.items() for line in ours)
    assert "RuntimeError: broken" in next(line["error"] for line in ours if "error" in line)


@pytest.mark.django_db
def test_what_comes_after_an_attempt_is_not_said_to_be_about_it(world, film, alice, lines):
    world.bought(alice, film)
    logging.getLogger("afterwards").warning("something else")
    (line,) = [line for line in lines() if line["logger"] == "afterwards"]
    assert not {"order", "stage", "attempt"} & set(line)


def test_a_line_about_a_request_that_found_nothing_names_the_request(client, lines, db):
    answer = client.get("/nothing/here/")
    (line,) = [line for line in lines() if line["logger"] == "django.request"]
    assert line["request"] == answer["X-Request-Id"]


def test_a_line_for_people_names_it_too():
    logs.from_here_on()
    record = logging.LogRecord("here", logging.INFO, __file__, 1, "It is %s", ("late",), None)
    with logs.about(order="H23-456-789", item=""):
        logs.Bound().filter(record)
    assert logs.Line("%(levelname)s %(message)s").format(record) == "INFO It is late [order=H23-456-789]"


def test_the_logging_of_the_settings_is_valid_in_both_forms():
    for form in ("line", "json"):
        logging_settings = dict(django_settings.LOGGING)
        console = logging_settings["handlers"]["console"] | {"formatter": form}
        made = logging.config.DictConfigurator(logging_settings | {"handlers": {"console": console}})
        made.configure_filter(logging_settings["filters"]["bound"])
        assert made.configure_formatter(dict(logging_settings["formatters"][form]))


def test_spans_reach_the_collector_that_the_settings_name(tmp_path):
    """A process of its own, as it is set up in production, and a collector that keeps what it is sent."""
    with Collector() as collector:
        make = "import django; django.setup()\nfrom config.lib import telemetry\nwith telemetry.span('it ran'): pass"
        told = {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "VAR_DIR": str(tmp_path),
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "NO_PROXY": "127.0.0.1",
        }
        subprocess.run([sys.executable, "-c", make], env=os.environ | told, cwd=ROOT, check=True, timeout=60)
    assert collector.names == [("hitotsu", "it ran")]


class Collector:
    """A receiver of OTLP over HTTP."""

    def __enter__(self) -> "Collector":
        self.names: list[tuple[str, str]] = []
        names = self.names

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    known = {one.key: one.value.string_value for one in resource.resource.attributes}
                    spans = [span for scope in resource.scope_spans for span in scope.spans]
                    names.extend((known["service.name"], span.name) for span in spans)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self.server.shutdown()
        self.server.server_close()
