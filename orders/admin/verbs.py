"""Which acts make sense for a stage just now; whether a person may do them is asked elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass

from orders.models import Effect, Order, OutboundMail, PipelineRun, StageRun
from orders.pipeline.engine import operate
from orders.pipeline.engine.graph import GraphError, Stage
from orders.pipeline.engine.settle import spec_of
from orders.services import mails

State = StageRun.State
UNDECIDED = (OutboundMail.State.UNCERTAIN, OutboundMail.State.REFUSED)


@dataclass(frozen=True)
class Verbs:
    """Which acts make sense for the stage just now."""

    retry: bool = False
    skip: bool = False
    change: bool = False
    resume: bool = False
    assign: bool = False
    mail: OutboundMail | None = None

    @property
    def any(self) -> bool:
        return self.retry or self.skip or self.change or self.resume or self.assign or self.mail is not None


def verbs(stage: StageRun, effects: Iterable[Effect], undecided: Iterable[OutboundMail]) -> Verbs:
    """The acts that make sense for a stage with these effects.

    `undecided` are the mails of its order that a person must decide on; they are read only where the stage may be
    waiting for such a decision.
    """
    spec, run = known_spec(stage), stage.run
    if run.finished_at or spec is None:
        return Verbs()
    mail = _mail_of(stage, undecided)
    stands = stands_still(stage)
    may_resume = run.state == PipelineRun.State.RUNNING and stage.state in operate.GIVEN_UP
    is_changeable = (
        stands
        and spec.may_be_changed
        and stage.kind == StageRun.Kind.EXTERNAL
        and spec.technique != Effect.Technique.NONE
        and all(one.state == Effect.State.REJECTED for one in effects)
    )
    return Verbs(
        retry=stands and mail is None,
        skip=stands and mail is None and spec.can_be_skipped,
        change=is_changeable,
        resume=may_resume and stage.state != State.PARKED,
        assign=stage.state == State.PARKED,
        mail=mail,
    )


def stands_still(stage: StageRun) -> bool:
    """Whether it may be brought on by hand; one that is ready has waited for its turn at least once."""
    return stage.state in operate.STANDING_STILL and (stage.state != State.READY or stage.attempts > 0)


def undecided_mails(order: Order) -> Iterable[OutboundMail]:
    """The order's mails that a person must decide on, not read before they are looked at."""
    return order.mails.filter(state__in=UNDECIDED).order_by("pk")


def _mail_of(stage: StageRun, undecided: Iterable[OutboundMail]) -> OutboundMail | None:
    """The mail that a person must decide on before the stage can go on."""
    if stage.state != State.PARKED or stage.name not in mails.STAGE_OF.values():
        return None
    return next((one for one in undecided if mails.is_sent_by(one, stage)), None)


def known_spec(stage: StageRun) -> Stage | None:
    """How the stage is declared; None where its run has a version that this code has forgotten."""
    try:
        return spec_of(stage)
    except GraphError:
        return None


def can_be_skipped(stage: StageRun) -> bool:
    """Whether what follows does without it; nobody knows that of a run whose version this code has forgotten."""
    spec = known_spec(stage)
    return spec is not None and spec.can_be_skipped
