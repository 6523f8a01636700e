"""One run as staff see it: its graph with the state of each stage, one stage in full, and all attempts over time.

Read in a fixed number of queries, however many stages, items and attempts the run has.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from accounts.models import User
from orders.admin import words
from orders.admin.made import made_by
from orders.admin.run_graph import Graph, loudest_first, run_graph, stage_href
from orders.admin.stage_sheet import Sent, StageSheet, Try
from orders.admin.strip import Strip, strip
from orders.admin.verbs import known_spec, undecided_mails, verbs
from orders.admin.why import Held, held_now, why
from orders.admin.words import Chip
from orders.models import Handler, OperatorAction, PipelineRun, StageAttempt, StageRun
from orders.pipeline.engine import limits, operate
from orders.pipeline.engine.graph import GraphError, Pipeline, Stage, find
from orders.pipeline.engine.takeback import UNDO_SEQ

State = StageRun.State
MOST_ATTEMPTS, MOST_SHOWN = 1000, 50


@dataclass(frozen=True)
class Item:
    """One item of a mapped stage, in the list that its box unfolds to."""

    stage: StageRun
    name: str
    state: Chip
    href: str
    is_late: bool
    is_selected: bool


@dataclass
class RunSheet:
    """All that the page of a run shows. `chosen` is the stage that the page was asked for, by name and item."""

    run: PipelineRun
    user: User
    now: datetime
    chosen: tuple[str, str] = ("", "")

    @cached_property
    def stages(self) -> list[StageRun]:
        rows = list(StageRun.objects.filter(run=self.run).select_related("assignee").order_by("seq", "pk"))
        for row in rows:
            row.run = self.run
        return rows

    @cached_property
    def pipeline(self) -> Pipeline | None:
        """The graph it runs by; None for a version that this code has forgotten."""
        try:
            return find(self.run.pipeline, self.run.version)
        except GraphError:
            return None

    @cached_property
    def state(self) -> Chip:
        return Chip(self.run.get_state_display(), words.RUN_COLOURS[self.run.state])

    @cached_property
    def parked(self) -> int:
        return sum(one.state == State.PARKED for one in self.stages)

    @cached_property
    def over(self) -> dict[int, datetime]:
        """Since when stages are beyond their limit, by their keys; those that are not are left out."""
        since = {one.pk: limits.over_since(one, known_spec(one), self.stages, self.now) for one in self.stages}
        return {pk: time for pk, time in since.items() if time is not None}

    @property
    def late(self) -> int:
        return len(self.over)

    @property
    def is_open(self) -> bool:
        return self.run.finished_at is None

    @cached_property
    def handlers(self) -> dict[str, str]:
        items = {one.item for one in self.stages if one.item.isdigit()}
        return {str(pk): name for pk, name in Handler.objects.filter(pk__in=items).values_list("pk", "name")}

    @cached_property
    def held(self) -> Held:
        return held_now()

    @cached_property
    def attempts(self) -> list[StageAttempt]:
        """The newest ones, in their order: a charge that is looked at every half hour for weeks has thousands."""
        newest = StageAttempt.objects.filter(stage__run=self.run).order_by("-started_at", "-pk")[:MOST_ATTEMPTS]
        return list(reversed(newest))

    @cached_property
    def actions(self) -> list[OperatorAction]:
        """Everything that people did to this run, the newest first."""
        return list(OperatorAction.objects.filter(run=self.run).select_related("actor", "stage").order_by("-pk")[:200])

    @cached_property
    def strip(self) -> Strip | None:
        return strip(self.stages, self.attempts, self.now)

    @cached_property
    def others(self) -> list[PipelineRun]:
        """Other runs of the same order."""
        return list(PipelineRun.objects.filter(order_id=self.run.order_id).exclude(pk=self.run.pk)[:10])

    @cached_property
    def people(self) -> list[User]:
        """Who may look after a stage."""
        return list(User.objects.filter(is_staff=True, is_active=True).order_by("name", "email")[:100])

    @cached_property
    def graph(self) -> Graph:
        selected = self.selected.name if self.selected else ""
        return run_graph(self.stages, self.pipeline, late=self.over, selected=selected)

    # The stage that is shown in full

    @cached_property
    def selected(self) -> StageRun | None:
        """The one asked for, else the one that most needs to be looked at."""
        name, item = self.chosen
        named = [one for one in self.stages if one.name == name]
        exact = [one for one in named if one.item == item]
        if exact or named:
            return (exact or loudest_first(named))[0]
        return next(iter(loudest_first(self.stages)), None)

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """The items of the selected stage, where it is mapped."""
        same = [one for one in self.stages if self.selected and one.name == self.selected.name]
        if len(same) < 2:
            return ()
        return tuple(
            Item(
                stage=one,
                name=self._item(one),
                state=words.stage_chip(one),
                href=stage_href(one.name, one.item),
                is_late=one.pk in self.over,
                is_selected=one is self.selected,
            )
            for one in same
        )

    def _item(self, stage: StageRun) -> str:
        return self.handlers.get(stage.item, stage.item)

    @cached_property
    def sheet(self) -> StageSheet | None:
        stage = self.selected
        if stage is None:
            return None
        spec = known_spec(stage)
        effects = tuple(stage.effects.order_by("pk"))
        return StageSheet(
            stage=stage,
            spec=spec,
            name=words.stage(stage.name),
            item=self._item(stage),
            state=words.stage_chip(stage),
            why=why(stage, spec, self.pipeline, self.stages, self.held),
            over_since=self.over.get(stage.pk),
            attempts=tuple(Try(one) for one in reversed(self.attempts) if one.stage_id == stage.pk)[:MOST_SHOWN],
            effects=tuple(Sent(one) for one in effects),
            actions=tuple(one for one in self.actions if one.stage_id == stage.pk),
            earlier=self._earlier(spec, stage),
            made=made_by(stage),
            verbs=verbs(stage, effects, undecided_mails(self.run.order)),
        )

    def _earlier(self, spec: Stage | None, stage: StageRun) -> dict[str, Any]:
        """What the stages directly before it gave, which is what it works from."""
        names = spec.after if spec else ()
        before = [one for one in self.stages if one.name in names and one.item in ("", stage.item)]
        return {one.name: one.output for one in before if one.output}

    # What may be done to the whole run

    @cached_property
    def has_a_way_back(self) -> bool:
        """Whether it is under way, forward, and its graph says how it is undone."""
        is_forward = self.is_open and self.run.state == PipelineRun.State.RUNNING
        return is_forward and self.pipeline is not None and bool(self.pipeline.undoings)

    @cached_property
    def may_be_taken_back(self) -> bool:
        return self.has_a_way_back and not self.beyond

    @cached_property
    def beyond(self) -> StageRun | None:
        """The stage that was begun and cannot be undone."""
        if not self.has_a_way_back:
            return None
        return operate.beyond_return(self.run)

    @cached_property
    def would_undo(self) -> tuple[Any, ...]:
        """What taking the run back would do, in its order."""
        if self.pipeline is None:
            return ()
        done = [one for one in reversed(self.stages) if one.state == State.SUCCEEDED and one.seq < UNDO_SEQ]
        undo = [spec.undo.name for one in done if (spec := known_spec(one)) and spec.undo]
        closing = [one.name for one in self.pipeline.after_undoing if one.items(self.run.order)]
        return tuple(words.stage(name) for name in dict.fromkeys([*undo, *closing]))
