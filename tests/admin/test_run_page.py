"""The page of a run: its graph, one stage in full, and every act that a person may take from there."""

import re
import uuid
from datetime import timedelta
from itertools import pairwise

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cms.demo.load import _group as role
from config.lib.realtime import broadcast
from orders.admin.graph_svg import HEIGHT, WIDTH, layout, wrapped
from orders.admin.run import RunSheet
from orders.admin.strip import strip
from orders.models import Effect, Handler, OperatorAction, Order, PipelineRun, StageAttempt, StageRun
from orders.pipeline.engine import operate
from orders.pipeline.engine.errors import Refused, Uncertain
from orders.pipeline.purchase import PURCHASE
from shop.services import stock
from tests import builders
from tests.admin.test_every_page import AGAINST_THE_POLICY
from tests.builders import member
from tests.orders.stages import external, transactional
from tests.orders.story import go
from tests.orders.test_effects import Receiver, calling

Verb = OperatorAction.Verb
State = StageRun.State


@pytest.fixture
def refused(world, alice, monkeypatch):
    """An order whose instruction the warehouse refused: it waits for a person."""
    builders.shipping_rates()
    with monkeypatch.context() as patch:
        patch.setattr(type(world.warehouse), "instruct", _refuse)
        return world.bought(alice, builders.variant())


def _refuse(self, instruction, key):
    raise Refused("422: the postal code is not served")


def _page(order, **asked) -> str:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return reverse("admin:orders_pipelinerun_change", args=[order.runs.get().pk]) + (query and f"?{query}")


def _press(client, order, act: str, name: str = "instruct", **form):
    stage = StageRun.objects.get(run__order=order, name=name)
    sent = {"fence": stage.fence, "reason": "because", "from": "run"} | form
    return client.post(reverse(f"admin:orders_stagerun_{act}", args=[stage.pk]), sent, follow=True)


def _tags(response) -> list[str]:
    return [message.level_tag for message in response.context["messages"]]


def crowd(actor, count: int = 40, state: str = State.SUCCEEDED) -> PipelineRun:
    """A run mapped over many handlers, each stage in another state, with attempts and effects."""
    now = timezone.now()
    order = Order.objects.create(user=actor, email=actor.email, checkout_key=uuid.uuid4(), subtotal=1, total=1)
    run = PipelineRun.objects.create(pipeline="purchase", version=PURCHASE.version, order=order)
    handlers = [
        Handler.objects.create(code=f"h{count}-{number}", name=f"担当{number}", email="h@example.com")
        for number in range(count)
    ]
    states = [State.SUCCEEDED, State.PARKED, State.READY, State.WAITING, State.BLOCKED, State.SKIPPED]
    for spec in PURCHASE.stages:
        for number, handler in enumerate(handlers if spec.over else [None]):
            is_first = spec.name in ("charge", "grant", "document")
            one = StageRun.objects.create(
                run=run, seq=PURCHASE.seq(spec.name), name=spec.name, item=str(handler.pk) if handler else "",
                kind=spec.kind, state=State.SUCCEEDED if is_first else states[number % len(states)], attempts=2,
                deadline_at=now, started_at=now - timedelta(days=3), finished_at=now, error="kaput", owner="warehouse",
            )  # fmt: skip
            for fence in (1, 2):
                StageAttempt.objects.create(
                    stage=one, number=fence, fence=fence, worker="w", outcome="transient", started_at=now, error="no"
                )
            Effect.objects.create(
                stage=one, key=one.key, receiver="them", operation="do", technique="key", request={"a": 1}
            )
    return run


# The graph


def test_boxes_stand_below_what_they_come_after_and_never_over_each_other():
    after = {stage.name: stage.after for stage in PURCHASE.stages} | {"last": ("charge", "mail_shipped")}
    drawn = layout(after)
    for name, before in after.items():
        assert all(drawn.corners[one][1] < drawn.corners[name][1] for one in before)
    corners = sorted(drawn.corners.values(), key=lambda one: (one[1], one[0]))
    for (x1, y1), (x2, y2) in pairwise(corners):
        assert y1 != y2 or x2 - x1 >= WIDTH
    assert all(x >= 0 and x + WIDTH <= drawn.width and y + HEIGHT <= drawn.height for x, y in corners)
    assert {(edge.start, edge.end) for edge in drawn.edges} == {(one, name) for name in after for one in after[name]}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Retry", ("Retry",)),
        ("Give what was bought", ("Give what", "was bought")),
        ("倉庫への発送指示", ("倉庫への発", "送指示")),
        ("Take back the right to watch", ("Take back", "the right…")),
    ],
)
def test_a_text_is_broken_and_cut_to_its_box(text, lines):
    assert wrapped(text, width=5.7) == lines


def test_each_stage_is_drawn_with_its_state_in_words_and_the_order_leads_there(visit, sam, refused, in_english):
    client = visit(sam)
    assert _page(refused) in client.get(reverse("admin:orders_order_change", args=[refused.pk])).content.decode()
    response = client.get(_page(refused))
    boxes = {box.name: box for box in response.context["sheet"].graph.boxes}
    assert set(boxes) == {stage.name for stage in PURCHASE.stages}
    assert (boxes["charge"].state, boxes["instruct"].state) == (State.SUCCEEDED, State.PARKED)
    assert not boxes["instruct"].counts, "one item is no crowd"
    text = response.content.decode()
    assert 'aria-label="Instruct the warehouse: needs a person"' in text
    assert not AGAINST_THE_POLICY.search(text)


def test_a_stage_that_is_no_part_of_the_order_is_drawn_as_such(visit, sam, world, alice, film):
    order = world.bought(alice, film)
    boxes = {box.name: box for box in visit(sam).get(_page(order)).context["sheet"].graph.boxes}
    assert (boxes["instruct"].state, boxes["instruct"].href) == ("absent", "")


def test_the_way_back_is_drawn_from_the_stage_that_refused(visit, sam, world, alice, mug, monkeypatch):
    monkeypatch.setattr(stock, "commit", _no_stock)
    order = world.bought(alice, mug)
    graph = visit(sam).get(_page(order)).context["sheet"].graph
    back = [box.name for box in graph.boxes if box.is_undoing]
    assert back[:2] == ["correct", "revoke"]
    assert "refund" in back
    assert [(line.edge.start, line.edge.end) for line in graph.lines if line.kind == "refused"] == [("place", back[0])]


def _no_stock(*args, **kwargs):
    raise stock.StockShort("mug", 1, 0)


def test_the_page_costs_the_same_with_forty_handlers(visit, chief):
    client = visit(chief)
    client.get("/admin/")
    counted = []
    for count in (2, 40):
        page = reverse("admin:orders_pipelinerun_change", args=[crowd(chief, count).pk]) + "?stage=instruct"
        client.get(page)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(page)
        counted.append(len(queries))
        assert not AGAINST_THE_POLICY.search(response.content.decode())
    assert counted[0] == counted[1] <= 16, counted
    box = next(box for box in response.context["sheet"].graph.boxes if box.name == "instruct")
    assert sum(one.number for one in box.counts) == 40
    assert len(response.context["sheet"].items) == 40


# One stage in full


def test_a_stage_tells_its_request_its_attempts_and_why_it_stands_still(visit, sam, refused, in_english):
    response = visit(sam).get(_page(refused, stage="instruct"))
    sheet = response.context["sheet"].sheet
    assert [one.outcome for one in (row.attempt for row in sheet.attempts)] == ["refused"]
    assert sheet.why == "It needs a person: warehouse answers for it, and nobody looks after it yet."
    text = response.content.decode()
    assert "422: the postal code is not served" in text
    assert sheet.effects[0].effect.key in text
    assert set(sheet.earlier) == {"ship_list"}


def test_what_a_stage_made_is_linked(visit, sam, refused):
    links = visit(sam).get(_page(refused, stage="charge")).context["sheet"].sheet.made
    client = visit(sam)
    assert links
    assert all(client.get(one.href).status_code == 200 for one in links)


def test_a_traceback_is_shown_folded(visit, sam, refused):
    StageAttempt.objects.filter(stage__name="charge")  # rows are never changed: a new one is written
    stage = StageRun.objects.get(name="instruct")
    StageAttempt.objects.create(
        stage=stage, number=2, fence=9, worker="w", outcome="broken", error="ValueError: x",
        traceback="Traceback (most recent call last):\nValueError: x", started_at=timezone.now(),
    )  # fmt: skip
    text = visit(sam).get(_page(refused, stage="instruct")).content.decode()
    assert "Traceback (most recent call last):" in text


def test_of_a_stage_that_was_looked_at_for_weeks_the_newest_attempts_are_shown(visit, sam, refused):
    stage, now = StageRun.objects.get(name="charge"), timezone.now()
    StageAttempt.objects.bulk_create(
        StageAttempt(stage=stage, number=1, fence=fence, worker="w", outcome="waited", started_at=now)
        for fence in range(100, 1300)
    )
    sheet = visit(sam).get(_page(refused, stage="charge")).context["sheet"]
    assert [one.attempt.fence for one in sheet.sheet.attempts] == list(range(1299, 1249, -1))
    assert len(sheet.strip.bars) <= 600


@pytest.mark.parametrize(
    ("scope", "name"), [("pipeline", "purchase"), ("stage", "purchase.instruct"), ("system", "warehouse")]
)
def test_a_stage_behind_a_pause_says_who_paused_it_and_why(visit, sam, refused, in_english, scope, name):
    operate.pause(scope=scope, name=name, actor=sam, reason="stocktaking", now=timezone.now())
    StageRun.objects.filter(name="instruct").update(state=State.READY, finished_at=None)
    told = visit(sam).get(_page(refused, stage="instruct")).context["sheet"].sheet.why
    assert "is paused by" in told
    assert told.endswith(": stocktaking")


# The acts


def test_a_retry_from_the_graph_comes_back_to_the_graph(visit, sam, world, refused):
    response = _press(visit(sam), refused, "retry")
    assert response.redirect_chain[-1][0].startswith(_page(refused))
    world.later(minutes=1)
    world.work(refused)
    assert world.stage(refused, "instruct").state == State.SUCCEEDED
    action = response.client.get(_page(refused)).context["sheet"].actions[0]
    assert (action.verb, action.actor, action.reason) == (Verb.RETRY, sam, "because")


@pytest.mark.parametrize("act", ["retry", "skip", "assign", "resume"])
def test_a_form_of_an_earlier_attempt_changes_nothing(visit, sam, world, refused, act):
    stage = world.stage(refused, "instruct")
    for fence in (stage.fence - 1, "", "x"):
        assert _tags(_press(visit(sam), refused, act, fence=fence)) == ["error"]
    assert world.stage(refused, "instruct").state == State.PARKED
    assert not OperatorAction.objects.exists()


def test_a_run_is_resumed_from_a_stage_that_was_skipped(visit, sam, world, refused):
    _press(visit(sam), refused, "skip")
    assert "resume" in visit(sam).get(_page(refused, stage="instruct")).content.decode()
    _press(visit(sam), refused, "resume")
    world.later(minutes=1)
    world.work(refused)
    assert world.stage(refused, "instruct").state == State.SUCCEEDED
    assert len(world.warehouse.instructions) == 1


def test_a_change_of_the_input_is_shown_before_it_is_done(visit, sam, world, refused):
    client = visit(sam)
    patch = '{"ship_to": {"postal_code": "1000001"}}'
    shown = _press(client, refused, "change_input", patch=patch)
    assert any(line.sign == "+" and "1000001" in line.text for line in shown.context["lines"])
    assert world.stage(refused, "instruct").state == State.PARKED, "nothing is done yet"
    _press(client, refused, "change_input", patch=patch, confirmed="yes")
    world.later(minutes=1)
    world.work(refused)
    sent = Effect.objects.filter(stage__name="instruct").order_by("pk").last()
    assert sent.request["ship_to"]["postal_code"] == "1000001"
    assert sent.state == Effect.State.CONFIRMED
    assert OperatorAction.objects.get().verb == Verb.CHANGE


@pytest.mark.parametrize("patch", ["", "[1]", "{", '"text"'])
def test_what_is_no_json_object_changes_nothing(visit, sam, world, refused, patch):
    assert _tags(_press(visit(sam), refused, "change_input", patch=patch, confirmed="yes")) == ["error"]
    assert world.stage(refused, "instruct").state == State.PARKED


def test_what_may_have_happened_offers_no_change(visit, sam, refused):
    StageRun.objects.filter(name="instruct").update(state=State.PARKED)
    Effect.objects.filter(stage__name="instruct").update(state=Effect.State.INTENDED)
    assert not visit(sam).get(_page(refused, stage="instruct")).context["sheet"].sheet.verbs.change


def test_what_the_books_say_offers_no_change(visit, sam, refused):
    for name, may_be_changed in (("charge", False), ("instruct", True)):
        StageRun.objects.filter(name=name).update(state=State.PARKED)
        Effect.objects.filter(stage__name=name).update(state=Effect.State.REJECTED)
        assert visit(sam).get(_page(refused, stage=name)).context["sheet"].sheet.verbs.change is may_be_changed


def test_a_stage_is_assigned_to_a_colleague_and_to_nobody_else(visit, sam, chief, alice, world, refused):
    _press(visit(sam), refused, "assign", to=chief.pk)
    assert world.stage(refused, "instruct").assignee == chief
    _press(visit(sam), refused, "assign", to=alice.pk)  # a buyer looks after nothing
    assert world.stage(refused, "instruct").assignee is None


def _take_back(client, order, reason="asked to"):
    run = order.runs.get()
    return client.post(reverse("admin:orders_pipelinerun_take_back", args=[run.pk]), {"reason": reason}, follow=True)


def test_a_run_is_taken_back_by_its_page(visit, sam, world, refused):
    told = visit(sam).get(_page(refused)).context["sheet"]
    assert told.may_be_taken_back
    assert told.would_undo
    assert _tags(_take_back(visit(sam), refused, reason=" ")) == ["error"]
    _take_back(visit(sam), refused)
    world.later(minutes=1)
    world.work(refused)
    assert refused.runs.get(pipeline="purchase").state == PipelineRun.State.COMPENSATED
    assert OperatorAction.objects.get().verb == Verb.TAKE_BACK


def test_goods_on_their_way_are_not_taken_back(visit, sam, world, alice, mug):
    order = world.bought(alice, mug)
    assert not visit(sam).get(_page(order)).context["sheet"].may_be_taken_back
    assert _tags(_take_back(visit(sam), order)) == ["error"]
    assert order.runs.get().state == PipelineRun.State.RUNNING


def test_a_run_with_something_open_is_refused_for_that_reason(visit, chief, begin, log, order, in_english):
    back, act = transactional("pay_back", log.says("back")), calling(Receiver(Uncertain("no answer")))
    pay = external("pay", act, technique=Effect.Technique.KEY, undo=back)
    go(begin(pay), log)
    (told,) = _take_back(visit(chief), order).context["messages"]
    assert "such as a payment, is still open" in str(told)
    assert (told.level_tag, order.runs.get().state) == ("error", PipelineRun.State.RUNNING)


@pytest.mark.parametrize("act", ["retry", "skip", "assign", "resume", "change_input"])
def test_who_may_only_look_is_shown_no_form_and_refused(visit, carol, world, refused, act):
    carol.user_permissions.add(*Permission.objects.filter(codename__in=["view_order", "view_pipelinerun"]))
    text = visit(carol).get(_page(refused, stage="instruct")).content.decode()
    assert 'name="fence"' not in text
    assert "/take-back/" not in text
    assert _press(visit(carol), refused, act, patch="{}").status_code == 403
    assert _take_back(visit(carol), refused).status_code == 403
    assert world.stage(refused, "instruct").state == State.PARKED


@pytest.mark.parametrize(("name", "may_take_back"), [("accounting", True), ("support", True), ("warehouse", False)])
def test_who_answers_for_a_stage_brings_it_on_and_buyers_or_money_take_it_back(
    visit, world, refused, name, may_take_back
):
    person = member(f"{name}@example.com", name, is_staff=True)
    person.groups.add(role(name))
    client = visit(person)
    assert client.get("/admin/vod/title/").status_code == 200
    assert client.get("/admin/orders/order/").status_code == 200
    text = client.get(_page(refused)).content.decode()
    assert ("/take-back/" in text) is may_take_back
    assert "/retry/" in text
    assert (_take_back(client, refused).status_code == 200) is may_take_back
    assert (refused.runs.get(pipeline="purchase").state != PipelineRun.State.RUNNING) is may_take_back
    assert client.get(f"/admin/shop/product/{builders.product().pk}/change/").status_code == 200
    assert client.post("/admin/shop/product/add/", {"name": "x"}).status_code == 403


# Live


def test_its_events_tell_the_page_to_look_again(sam, refused):
    browser = AsyncClient()
    browser.force_login(sam, backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("admin:orders_pipelinerun_events", args=[refused.runs.get().pk])

    async def first_two() -> list[bytes]:
        answer = await browser.get(page)
        assert answer.headers["Content-Type"] == "text/event-stream"
        stream = aiter(answer.streaming_content)
        opened = await anext(stream)
        broadcast._hand_out(f"order:{refused.number}", '{"stage": "instruct"}')
        changed = await anext(stream)
        await stream.aclose()
        return [opened, changed]

    opened, changed = async_to_sync(first_two)()
    assert b": open" in opened
    assert changed == b'event: change\ndata: {"stage": "instruct"}\n\n'


def test_its_events_are_for_staff_who_may_see_runs_alone(visit, carol, alice, refused):
    page = reverse("admin:orders_pipelinerun_events", args=[refused.runs.get().pk])
    assert [visit(user).get(page).status_code for user in (None, alice, carol)] == [404, 404, 404]


# Limits


def test_a_stage_beyond_its_limit_is_late_on_the_graph_in_the_list_and_on_the_first_page(visit, sam, refused):
    client = visit(sam)
    assert not client.get(_page(refused)).context["sheet"].late
    StageRun.objects.filter(name="instruct").update(started_at=timezone.now() - timedelta(days=2))
    sheet = client.get(_page(refused)).context["sheet"]
    assert sheet.late == 1
    assert next(box for box in sheet.graph.boxes if box.name == "instruct").is_late
    assert client.get(reverse("admin:orders_stagerun_changelist") + "?late=1").context["cl"].result_count == 1
    care = next(care for care in client.get("/admin/").context["dashboard"].open_cares if "late" in care.href)
    assert care.count == 1


def test_a_stage_that_nobody_has_begun_is_late_too(visit, sam, refused):
    old = timezone.now() - timedelta(days=2)
    StageRun.objects.exclude(name="instruct").update(finished_at=old)
    StageRun.objects.filter(name="instruct").update(state=State.READY, started_at=None, finished_at=None)
    PipelineRun.objects.update(created_at=old)
    client = visit(sam)
    assert client.get(_page(refused)).context["sheet"].late == 1
    assert client.get(reverse("admin:orders_stagerun_changelist") + "?late=1").context["cl"].result_count == 1


def test_a_time_in_which_nothing_was_tried_is_folded_and_the_rest_is_to_scale(refused):
    run, begin = refused.runs.get(), timezone.now() - timedelta(days=1)
    stages = list(StageRun.objects.filter(run=run, name__in=["charge", "instruct"]).select_related("run"))
    spans = [(stages[0], 0, 10), (stages[0], 10, 20), (stages[1], 20, 60), (stages[1], 40_000, 40_010)]
    attempts = [
        StageAttempt(
            stage=stage, number=1, fence=fence, worker="w", outcome="waited",
            started_at=begin + timedelta(seconds=first), finished_at=begin + timedelta(seconds=last),
        )
        for fence, (stage, first, last) in enumerate(spans)
    ]  # fmt: skip
    drawn = strip(stages, attempts, timezone.now())
    first, second, third, fourth = drawn.bars
    assert len(drawn.folds) == 1
    assert abs(first.width - second.width) <= 1
    assert abs(third.width - 4 * first.width) <= 4
    assert first.x < second.x < third.x < drawn.folds[0].x < fourth.x < fourth.x + fourth.width <= drawn.width
    assert strip(stages, [], timezone.now()) is None


def test_the_buyer_may_take_their_time(visit, sam, world, alice, mug):
    order = world.order(alice, mug)
    world.work(order)
    StageRun.objects.filter(name="charge").update(started_at=timezone.now() - timedelta(hours=1))
    assert not visit(sam).get(_page(order)).context["sheet"].late
    assert isinstance(RunSheet(order.runs.get(), sam, timezone.now()).strip.bars, tuple)


def test_every_box_has_its_words(refused):
    text = {str(box.words) for box in RunSheet(refused.runs.get(), refused.user, timezone.now()).graph.boxes}
    assert text
    assert not [word for word in text if re.search(r"[A-Z]{3}", word)]
