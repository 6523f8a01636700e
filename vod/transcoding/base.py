"""The port: what turns a master file into clear renditions, and the ways that can fail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vod.transcoding.ladder import Rung
from vod.transcoding.probe import Probe

OnProgress = Callable[[float], None]
ShouldStop = Callable[[], bool]


class TranscodeFailed(Exception):
    """The work ended without a result; `is_transient` says whether the same work may succeed when tried again.

    `code` is stable, `reason` is a sentence for staff, `log_tail` holds the last lines the encoder wrote.
    """

    def __init__(self, code: str, reason: str, *, is_transient: bool, log_tail: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.is_transient = is_transient
        self.log_tail = log_tail

    def __reduce__(self) -> tuple[Callable[..., "TranscodeFailed"], tuple[str, str, bool, str]]:
        """Keep all four values when the exception crosses a process border."""
        return _failed, (self.code, self.reason, self.is_transient, self.log_tail)


def _failed(code: str, reason: str, is_transient: bool, log_tail: str) -> TranscodeFailed:
    return TranscodeFailed(code, reason, is_transient=is_transient, log_tail=log_tail)


class TranscodeStopped(Exception):
    """The work was given up because `should_stop` asked for it; nothing of it is kept."""


@dataclass(frozen=True, kw_only=True)
class EncodedRendition:
    """One rung as clear MPEG-TS segments, in playing order."""

    rung: Rung
    segments: tuple[Path, ...]


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """What a transcoder leaves in its work folder: clear renditions from the largest to the smallest, and stills.

    `posters` are JPEG candidates, the best first. `duration_s` is the film's, as probed.
    """

    renditions: tuple[EncodedRendition, ...]
    posters: tuple[Path, ...]
    has_audio: bool
    duration_s: float


class Transcoder(Protocol):
    """Encodes one master into all rungs at once."""

    name: str

    def transcode(
        self,
        *,
        master: Path,
        probe: Probe,
        rungs: Sequence[Rung],
        workdir: Path,
        on_progress: OnProgress,
        should_stop: ShouldStop,
    ) -> Encoded:
        """Encode into a folder of its own under `workdir`, emptied first, on a disk of this machine.

        All rungs have the same segments: as many, cut at the same pictures, each beginning with an IDR picture.
        `on_progress` gets percent, 0 to 100, never falling, 100 at success alone. `should_stop` is asked at least
        once a second; when it says yes, or when either callback raises, the encoder is dead before this returns.
        Raises TranscodeFailed or TranscodeStopped.
        """
        ...
