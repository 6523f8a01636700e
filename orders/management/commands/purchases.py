"""`manage.py purchases`: look at purchases, bring them on and hold them back, from a terminal."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from config.lib import clock
from orders.models import Pause, PipelineRun, StageRun
from orders.pipeline.engine import gates, graph, operate, unfinished
from orders.services import cancelling, refunding
from orders.terminal import told_of, told_of_runs
from orders.terminal_refund import told_of_plan, wish_of

ACTS: dict[str, Callable[..., object]] = {"retry": operate.retry, "skip": operate.skip, "resume": operate.resume}
REDRIVEN = {
    "retry": (StageRun.State.PARKED,),
    "skip": (StageRun.State.PARKED,),
    "resume": operate.GIVEN_UP,
}
WISHED = ("whole", "amount", "pieces", "restock", "shipping")
MOST = 1000
LOOK_EVERY_SECONDS = 0.25
MAY = "orders.change_stagerun"


class Refusal(CommandError):
    """What was asked for is not possible, in one sentence; status 2."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, returncode=2)


def length(text: str) -> timedelta:
    """How long, as in `90m`, `36h`, `7d`."""
    units = {"m": "minutes", "h": "hours", "d": "days"}
    if not text[:-1].isdigit() or text[-1:] not in units:
        raise ValueError(text)
    return timedelta(**{units[text[-1]]: int(text[:-1])})


def since(text: str) -> datetime:
    """A moment: a date with or without a time, or how long ago, as in `90m`, `36h`, `7d`."""
    if text[-1:] in "mhd":
        return timezone.now() - length(text)
    moment = datetime.fromisoformat(text)
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


class Command(BaseCommand):
    help = "Lists and shows purchases, retries, skips, takes back, refunds, pauses, drains: each act with who and why."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")

        def add(name: str, help_text: str, *, acts_on: bool = False) -> Any:
            made = acts.add_parser(name, help=help_text)
            if acts_on:
                made.add_argument("--reason", default="", help="why: it is kept")
                made.add_argument("--by", required=True, metavar="EMAIL", help="the member of the staff who does it")
            return made

        listed = add("list", "runs, the newest first")
        listed.add_argument("--state", choices=PipelineRun.State.values, help="runs in this state")
        listed.add_argument("--limit", type=int, default=50, help="how many at the most (50)")
        _add_filters(listed)
        listed.add_argument("--parked", action="store_true", help="runs that need a person")
        add("show", "one order: stages, attempts, effects, acts of the staff").add_argument("order")
        for name, help_text in (("retry", "try a stage again now"), ("skip", "go on without a stage")):
            one = add(name, help_text, acts_on=True)
            one.add_argument("order")
            one.add_argument("stage")
            one.add_argument("--item", default="", help="of a stage that is mapped: the item")
        add("take-back", "undo what a purchase did", acts_on=True).add_argument("order")
        _add_what_is_given_back(add("refund", "give money of a paid order back", acts_on=True))
        many = add("redrive", "retry, skip or resume many stages", acts_on=True)
        many.add_argument("--do", choices=sorted(ACTS), default="retry")
        many.add_argument("--error-class", help="whose last error is of this class")
        many.add_argument("--limit", type=int, default=MOST, help=f"how many at the most ({MOST})")
        many.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
        _add_filters(many)
        for name, help_text in (
            ("pause", "begin nothing more of a pipeline, a stage or an outside system"),
            ("go-on", "end a pause"),
            ("drain", "pause, and wait until nothing of it runs"),
        ):
            held = add(name, help_text, acts_on=True)
            held.add_argument("scope", choices=Pause.Scope.values)
            held.add_argument("name", help="as in purchase, purchase.instruct, warehouse")
            if name != "go-on":
                held.add_argument("--for", dest="length", type=length, help="the pause ends by itself after this")
            if name == "drain":
                held.add_argument("--timeout", type=float, default=600, help="seconds to wait at the most (600)")
        add("versions", "unfinished runs by pipeline and version")

    def handle(self, *, act: str, **options: Any) -> None:
        try:
            getattr(self, f"_{act.replace('-', '_')}")(**options)
        except (operate.NotPossible, cancelling.NotCancellable, refunding.NotRefundable, graph.GraphError) as refusal:
            raise Refusal(f"{refusal}.") from refusal

    def _list(self, *, state: str | None, limit: int, parked: bool, **filters: Any) -> None:
        runs = PipelineRun.objects.select_related("order").order_by("-created_at")
        if state:
            runs = runs.filter(state=state)
        if filters["since"]:
            runs = runs.filter(created_at__gte=filters["since"])
        if parked or filters["stage"] or filters["owner"]:
            states = (StageRun.State.PARKED,) if parked else StageRun.UNFINISHED
            runs = runs.filter(pk__in=_stages(states, filters | {"since": None}).values("run"))
        found = list(runs[:limit])
        for line in told_of_runs(found):
            self.stdout.write(line)
        if not found:
            self.stdout.write("There are none.")

    def _show(self, *, order: str, **options: Any) -> None:
        for line in told_of(_runs(order), clock.now()):
            self.stdout.write(line)

    def _retry(self, **options: Any) -> None:
        self._bring_on(operate.retry, "is tried again now", **options)

    def _skip(self, **options: Any) -> None:
        self._bring_on(operate.skip, "is skipped", **options)

    def _bring_on(self, act: Callable[..., None], done: str, *, order: str, stage: str, item: str, **by: Any) -> None:
        found = _stage(order, stage, item)
        act(stage=found, actor=_actor(by["by"]), reason=by["reason"], now=clock.now(), fence=found.fence)
        self.stdout.write(f"{found} of {order} {done}.")

    def _take_back(self, *, order: str, reason: str, by: str, **options: Any) -> None:
        run = next((one for one in _runs(order) if one.pipeline == cancelling.PURCHASE), None)
        if run is None:
            raise Refusal(f"{order} has no purchase that could be taken back.")
        cancelling.take_back(run, _actor(by), reason, clock.now())
        self.stdout.write(f"{order} is being taken back.")

    def _refund(self, *, order: str, reason: str, by: str, dry_run: bool, **options: Any) -> None:
        found, actor = _runs(order)[0].order, _actor(by)
        if not cancelling.may_take_back(actor):
            raise Refusal(f"{by} may not give money back (the right orders.change_order, or accounting or support).")
        wish = wish_of(refunding.rest_of(found), **{name: options[name] for name in WISHED})
        plan = refunding.preview(found, wish)
        for line in told_of_plan(plan):
            self.stdout.write(line)
        if dry_run:
            self.stdout.write("Nothing was changed.")
            return
        now, token, shown = clock.now(), uuid4(), plan.amount
        refunding.ask(order=found, wish=wish, actor=actor, reason=reason, token=token, shown=shown, now=now)
        self.stdout.write(f"{plan.amount} yen of {order} are being given back.")

    def _redrive(self, *, do: str, limit: int, dry_run: bool, reason: str, by: str, **filters: Any) -> None:
        actor = _actor(by)
        stages = list(_stages(REDRIVEN[do], filters)[: min(limit, MOST)])
        if dry_run:
            for stage in stages:
                self.stdout.write(f"would {do} {stage} of {stage.run.order.number}: {_short(stage.error)}")
            self.stdout.write(f"{len(stages)} stages would be done; nothing was changed.")
            return
        result = operate.redrive(stages, ACTS[do], actor=actor, reason=reason, now=clock.now())
        for stage, why in result.left:
            self.stdout.write(f"left alone: {stage} of {stage.run.order.number}: {why}")
        self.stdout.write(f"{len(result.done)} stages were done, {len(result.left)} left alone.")

    def _pause(
        self, *, scope: str, name: str, reason: str, by: str, length: timedelta | None = None, **options: Any
    ) -> None:
        now = clock.now()
        until = now + length if length else None
        operate.pause(scope=scope, name=name, actor=_actor(by), reason=reason, now=now, until=until)
        self.stdout.write(f"The {scope} {name} is paused.")

    def _go_on(self, *, scope: str, name: str, reason: str, by: str, **options: Any) -> None:
        operate.go_on(scope=scope, name=name, actor=_actor(by), reason=reason)
        self.stdout.write(f"The {scope} {name} goes on.")

    def _drain(self, *, scope: str, name: str, timeout: float, **options: Any) -> None:
        """A worker may have looked at the pauses just before, and begin one more stage: that is waited for as well."""
        self._pause(scope=scope, name=name, **options)
        began = time.monotonic()
        running: list[StageRun] = []
        while time.monotonic() - began < timeout:
            running = list(_running(scope, name)[:20])
            if not running and time.monotonic() - began > 1.5 * gates.LOOK_EVERY_SECONDS:
                self.stdout.write(f"Nothing of it runs any more. `purchases go-on {scope} {name}` ends the pause.")
                return
            time.sleep(LOOK_EVERY_SECONDS)
        left = ", ".join(f"{stage} of {stage.run.order.number}" for stage in running)
        raise CommandError(f"After {timeout:g} s these still run: {left or 'none'}. The pause stays.")

    def _versions(self, **options: Any) -> None:
        for pipeline, version, number in unfinished.versions():
            self.stdout.write(f"{pipeline} {version}: {number} unfinished")
        for sentence in unfinished.unknown():
            self.stdout.write(f"{sentence}, which this code does not know.")


def _add_what_is_given_back(parser: CommandParser) -> None:
    parser.add_argument("order")
    parser.add_argument("--all", dest="whole", action="store_true", help="all that is left")
    parser.add_argument("--amount", type=int, metavar="YEN", help="a free amount, off the price of every line")
    parser.add_argument(
        "--line", dest="pieces", action="append", default=[], metavar="SKU[=PIECES]",
        help="pieces of a line: by its SKU, or its number where it has none",
    )  # fmt: skip
    parser.add_argument(
        "--restock", action="append", default=[], metavar="SKU", help="its goods come back to the shelf"
    )
    parser.add_argument("--shipping", action="store_true", help="with the shipping fee")
    parser.add_argument("--dry-run", action="store_true", help="say what would be given back, and do nothing")


def _add_filters(parser: CommandParser) -> None:
    parser.add_argument("--stage", help="only where this stage is not over")
    parser.add_argument("--owner", help="only what this staff role answers for")
    parser.add_argument("--since", type=since, help="only since then: a date, or how long ago (90m, 36h, 7d)")


def _stages(states: Iterable[str], filters: dict[str, Any]) -> QuerySet[StageRun]:
    """Stages in these states, the oldest first."""
    rows = StageRun.objects.filter(state__in=states, run__finished_at__isnull=True).select_related("run__order")
    names = {"stage": "name", "owner": "owner", "error_class": "error_class", "since": "finished_at__gte"}
    given = {names[name]: value for name, value in filters.items() if name in names and value}
    return rows.filter(**given).order_by("run__created_at", "seq", "pk")


def _running(scope: str, name: str) -> QuerySet[StageRun]:
    rows = StageRun.objects.filter(state=StageRun.State.RUNNING).select_related("run__order")
    if scope == Pause.Scope.PIPELINE:
        return rows.filter(run__pipeline=name)
    if scope == Pause.Scope.STAGE:
        pipeline, _, stage = name.partition(".")
        return rows.filter(run__pipeline=pipeline, name=stage)
    names = {one.name for pipeline in graph.registered() for one in pipeline.everything if one.system == name}
    return rows.filter(name__in=names)


def _runs(number: str) -> list[PipelineRun]:
    runs = PipelineRun.objects.filter(order__number=number.strip().upper()).select_related("order")
    if found := list(runs.order_by("created_at")):
        return found
    raise Refusal(f"There is no order {number} with a run.")


def _stage(number: str, name: str, item: str) -> StageRun:
    """The stage by that name, of the order's newest run that has it; a mapped one with several items needs the item."""
    rows = StageRun.objects.filter(run__in=_runs(number), name=name).select_related("run__order")
    found = list((rows.filter(item=item) if item else rows).order_by("-run__created_at", "pk"))
    if not found:
        raise Refusal(f"{number} has no stage {name}{f'[{item}]' if item else ''}.")
    same = [one for one in found if one.run_id == found[0].run_id]
    if len(same) > 1:
        raise Refusal(f"{number} has {name} several times: say --item, one of {', '.join(one.item for one in same)}.")
    return found[0]


def _actor(email: str) -> User:
    user = User.objects.filter(email__iexact=email, is_active=True, is_staff=True).first()
    if user is None:
        raise Refusal(f"{email} is nobody of the staff.")
    if not user.has_perm(MAY):
        raise Refusal(f"{email} may not change stages (the right {MAY}).")
    return user


def _short(error: str) -> str:
    return " ".join(error.split())[:100] or "no error"
