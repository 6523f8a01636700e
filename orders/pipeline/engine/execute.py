"""Running the stages of a run: claim, act, and hand the result to `settle`.

The commit that ends a stage also claims the next one of the run, so that what is done and what is about to be done are
never apart. Transactional stages that follow one another share one commit, each in a savepoint of its own.
"""

import logging
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime

from django.db import DatabaseError, connection, transaction

from config.lib import clock as clocks
from config.lib import leases
from config.lib.leases import LeaseLost
from orders.models import PipelineRun, StageRun
from orders.pipeline.engine import gates, graph, observe, rows, settle
from orders.pipeline.engine.context import LEASE, Context
from orders.pipeline.engine.errors import StageError, Transient
from orders.pipeline.engine.graph import Output, Wait
from orders.pipeline.engine.start import wake_worker

log = logging.getLogger(__name__)
State = StageRun.State
Clock = Callable[[], datetime]
TOGETHER = 20  # stages in one commit, so that no lock is held for long
TURN_SECONDS = 20.0
MESSAGES = 8  # for stages that were freed at once: more workers than that are not called together


def advance(run_id: uuid.UUID, *, only: str | None = None, clock: Clock = clocks.now) -> int:
    """Run what is ready in one run until nothing is, and return how many attempts were made.

    Any number of processes may do this for the same run at once. `only` keeps to one stage: the page in which the
    buyer waits does no more than the charge.
    """
    run = PipelineRun.objects.select_related("order").filter(pk=run_id).first()
    if run is None:
        return 0
    worker = Worker(run, clock, only)
    worker.go()
    if only and worker.attempts:
        wake_worker(run_id, run.priority)  # what follows is for the workers
    return worker.attempts


@dataclass
class Worker:
    """One process going through one run."""

    run: PipelineRun
    clock: Clock
    only: str | None = None
    attempts: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def pipeline(self) -> graph.Pipeline:
        return graph.find(self.run.pipeline, self.run.version)

    def go(self) -> None:
        stage = self.claim()
        while stage:
            stage = self.attempt(self.context(stage))

    def claim(self) -> StageRun | None:
        """Take the next ready stage of the run, or one that may try whether its outside system is back."""
        now = self.clock()
        look = gates.look()
        held = look.held(self.pipeline, now, a_person_waits=bool(self.only))
        until = now + LEASE
        stage = rows.claim(self.run.pk, now=now, until=until, only=self.only, held=held)
        if stage is None and held and not self.only:
            stage = self._claim_trial(look, now)
        if stage:
            stage.run = self.run
        return stage

    def _claim_trial(self, look: gates.Gates, now: datetime) -> StageRun | None:
        for circuit in look.to_try(now):
            names = [one.name for one in self.pipeline.everything if one.system == circuit.system]
            due = StageRun.objects.filter(run=self.run, state=State.READY, available_at__lte=now, name__in=names)
            if names and due.exists() and gates.take_trial(circuit, now):
                return rows.claim(self.run.pk, now=now, until=now + LEASE, names=names)
        return None

    def context(self, stage: StageRun) -> Context:
        stage.run = self.run
        return Context(stage, self.pipeline.stage(stage.name), self.clock())

    def attempt(self, context: Context) -> StageRun | None:
        """One attempt; what comes of it is written under the fence, and nothing where the lease was lost.

        Returns the stage that was claimed together with that.
        """
        with observe.attempt(context):
            try:
                with self._kept(context):
                    return self._act(context)
            except Exception as error:
                self._failed(context, error)
        return self.claim() if self.only else self._next()

    def _failed(self, context: Context, error: Exception) -> None:
        """Sort what went wrong: a lost lease is nobody's business any more, the rest is written under the fence."""
        if isinstance(error, LeaseLost):
            observe.came_to(observe.Outcome.LOST, str(error))
            log.warning("%s", error)
        elif isinstance(error, StageError):
            settle.fail(context, error, now=self.clock())
        else:  # a fault of ours, or the database's: tried again a few times, then shown to a person with its name
            log.log(
                logging.WARNING if isinstance(error, DatabaseError) else logging.ERROR,
                "Stage %s of run %s broke",
                context.stage,
                context.stage.run_id,
                exc_info=error,
            )
            broken = Transient(f"{type(error).__name__}: {error}")
            settle.fail(context, broken, now=self.clock(), cause=error)

    def _kept(self, context: Context) -> AbstractContextManager[None]:
        """A stage longer than its lease keeps it.

        On SQLite an open transaction keeps every other writer out: nobody could take such a stage, nor keep it.
        """
        if context.stage.kind == StageRun.Kind.TRANSACTIONAL and connection.vendor == "sqlite":
            return nullcontext()
        running = StageRun.objects.filter(state=State.RUNNING)
        return leases.kept(running, context.stage, ttl=LEASE, longest=context.spec.longest)

    def _act(self, context: Context) -> StageRun | None:
        if context.stage.kind == StageRun.Kind.TRANSACTIONAL:
            return self._commit_together(context)
        self.attempts += 1
        result = context.spec.act(context)
        with transaction.atomic():
            if settle.is_last(context):
                settle.lock_again(self.run)
            if context.spec.record and not isinstance(result, Wait):
                context.spec.record(context, result)
            following = self._following(self._write(context, result))
        if context.spec.system:
            self._note_success(context.spec.system)
        return following

    def _note_success(self, system: str) -> None:
        """A circuit that cannot be closed just now must not cost the stage that was claimed meanwhile."""
        try:
            gates.note_success(system)
        except DatabaseError as error:
            log.warning("The circuit of %s is closed at its next success: %s", system, error)

    @transaction.atomic
    def _commit_together(self, first: Context) -> StageRun | None:
        """A transactional stage commits with its completion, hence once; so do those that follow it.

        When a later one fails, what was done before it stands.
        """
        settle.lock_again(self.run)
        ended = self._do_and_write(first)
        for _ in range(TOGETHER if _is_fresh(first.stage) else 0):
            following = self._following(ended)
            if following is None or not _may_follow(following):
                return following
            context = self.context(following)
            with observe.attempt(context):
                try:
                    with transaction.atomic():
                        ended = self._do_and_write(context)
                except Exception as error:
                    self._failed(context, error)
                    return self._next()
        return self._following(ended)

    def _do_and_write(self, context: Context) -> rows.Ended:
        self.attempts += 1
        return self._write(context, context.spec.act(context))

    def _write(self, context: Context, result: Output | Wait) -> rows.Ended:
        now = self.clock()
        until = None if self.only or self._is_long else now + LEASE
        held = gates.look().held(self.pipeline, now)
        return settle.write_result(context, result, run=self.run, now=now, claim_until=until, held=held)

    def _following(self, ended: rows.Ended) -> StageRun | None:
        """The next stage of the run, claimed in the transaction that ended the last; others are for other workers."""
        following = ended.claimed or self._next()
        for _ in range(min(ended.freed - bool(following), MESSAGES)):
            wake_worker(self.run.pk, self.run.priority)
        return following

    def _next(self) -> StageRun | None:
        """The next stage, unless this worker has been at the run for so long that another turn is better for it."""
        if self.only or self.run.finished_at:
            return None
        if self._is_long:
            wake_worker(self.run.pk, self.run.priority)
            return None
        return self.claim()

    @property
    def _is_long(self) -> bool:
        """One turn must stay far below the time limit of a task, however many slow stages a run has."""
        return time.monotonic() - self.began > TURN_SECONDS


def _is_fresh(stage: StageRun) -> bool:
    """A stage at its first attempt. Later ones commit alone, so that one that kills its worker is found out."""
    return stage.attempts == 1 and not stage.kills


def _may_follow(stage: StageRun) -> bool:
    return stage.kind == StageRun.Kind.TRANSACTIONAL and _is_fresh(stage)
