"""How a stage says that it did not succeed. The kind decides what happens next."""

from datetime import timedelta


class StageError(Exception):
    """The stage did not succeed; the message is read by staff."""


class Transient(StageError):
    """It may work later: tried again after a growing pause, or after `retry_after` where the receiver named one."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refused(StageError):
    """The other side said no, and will say so again: the run is taken back, or a person decides."""


class Uncertain(StageError):
    """It is not known whether it happened, and doing it again could do it twice: a person decides."""


class Spent(Transient):
    """The receiver answered with a fault that it keeps under this key: the next attempt needs a new key.

    Only for calls whose forgotten first result does no harm, such as an intent that no buyer has ever been shown.
    """
