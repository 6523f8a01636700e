"""A small synthesiser: voices with envelopes, surf, an echo, and a stereo wav at broadcast loudness."""

import math
import wave
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cms.demo.art.dice import dice

RATE = 48_000
# Online programmes sit near -16 to -20 LUFS; the quiet end suits a gentle station. Mean square before weighting.
_LOUDNESS = 10 ** (-20.0 / 10)
_PEAK = 0.79


@dataclass(frozen=True)
class Voice:
    """How a note sounds: partials as (multiple of the pitch, level, decay per second), attack and release in s."""

    partials: tuple[tuple[float, float, float], ...]
    attack: float = 0.005
    release: float = 0.08
    vibrato: float = 0


MUSIC_BOX = Voice(((1, 1, 3.0), (2, 0.25, 4.5), (4.03, 0.32, 11), (6.1, 0.1, 18)), attack=0.002, release=0.25)
PLUCK = Voice(((1, 1, 3.4), (2, 0.42, 5), (3, 0.16, 8), (4, 0.08, 11)), attack=0.004, release=0.15)
FLUTE = Voice(((1, 1, 0.25), (2, 0.22, 0.4), (3, 0.06, 0.6)), attack=0.07, release=0.16, vibrato=0.005)
PAD = Voice(((1, 1, 0.1), (3, 1 / 9, 0.1), (5, 1 / 25, 0.1)), attack=0.45, release=0.7)
BASS = Voice(((1, 1, 1.3), (2, 0.35, 2.4), (3, 0.12, 4)), attack=0.012, release=0.2)
BELL = Voice(
    ((1, 0.7, 3), (2.76, 0.5, 4.5), (5.4, 0.28, 7), (0.5, 0.2, 2.4), (8.9, 0.1, 12)), attack=0.001, release=0.4
)
HORN = Voice(((1, 1, 0.12), (2, 0.55, 0.15), (3, 0.3, 0.2), (4, 0.12, 0.3)), attack=0.22, release=0.6)


class Track:
    """Two channels of that many seconds that sounds are mixed into."""

    def __init__(self, seconds: float) -> None:
        self.length = round(seconds * RATE)
        self.left = array("d", bytes(8 * self.length))
        self.right = array("d", bytes(8 * self.length))
        self._notes: dict[tuple[Voice, float, float], list[float]] = {}

    def note(self, at: float, key: float, seconds: float, *, voice: Voice, level: float = 0.2, pan: float = 0) -> None:
        """Play a key (MIDI number) from `at`; `pan` runs from -1 left to 1 right."""
        kind = (voice, key, seconds)
        if kind not in self._notes:
            self._notes[kind] = _tone(voice, 440 * 2 ** ((key - 69) / 12), seconds)
        self.mix(self._notes[kind], at, level=level, pan=pan)

    def tune(
        self,
        notes: Iterable[tuple[float, float, float]],
        *,
        beat: float,
        voice: Voice,
        start: float = 0,
        level: float = 0.2,
        pan: float = 0,
    ) -> None:
        """Play (beat, key, beats long) notes; `beat` is the length of one in seconds."""
        for place, key, beats in notes:
            self.note(start + place * beat, key, beats * beat, voice=voice, level=level, pan=pan)

    def mix(self, samples: list[float], at: float, *, level: float, pan: float = 0) -> None:
        """Add samples from `at` seconds on; what runs past the end is cut by the final fade."""
        first = round(at * RATE)
        samples = samples[: max(0, self.length - first)]
        angle = (pan + 1) * math.pi / 4
        for channel, gain in ((self.left, math.cos(angle) * level), (self.right, math.sin(angle) * level)):
            old = channel[first : first + len(samples)]
            channel[first : first + len(samples)] = array(
                "d", [a + b * gain for a, b in zip(old, samples, strict=True)]
            )

    def surf(self, *, level: float, period: float, seed: int, dark: float = 0.06) -> None:
        """Waves on a shore: soft noise that swells and ebbs, a little later on the right."""
        for side, channel in enumerate((self.left, self.right)):
            noise = _soft_noise(self.length, seed + side, dark)
            turn = math.tau / (period * RATE)
            shift = -1.2 - side * 0.9
            sin = math.sin
            swell = [
                (0.35 + 0.65 * (0.5 + 0.5 * sin(turn * i + shift)) ** 2) * level for i in range(0, self.length, 64)
            ]
            channel[:] = array(
                "d", [a + b * swell[i >> 6] for i, (a, b) in enumerate(zip(channel, noise, strict=True))]
            )

    def cry(self, at: float, *, level: float = 0.05, pan: float = 0, low: float = 900, high: float = 1500) -> None:
        """A gull far away: a gliding call."""
        count = round(0.42 * RATE)
        phase, call = 0.0, []
        for i in range(count):
            t = i / count
            pitch = low + (high - low) * math.sin(math.pi * min(1, t * 1.25)) ** 1.5
            phase += math.tau * pitch / RATE
            call.append((math.sin(phase) + 0.35 * math.sin(2 * phase)) * math.sin(math.pi * t) ** 1.4)
        self.mix(call, at, level=level, pan=pan)

    def echo(self, *, delay: float = 0.23, level: float = 0.26) -> None:
        """A room: what the left says comes back on the right, and the other way round."""
        lag = round(delay * RATE)
        for start in range(lag, self.length, lag):
            end = min(start + lag, self.length)
            before_left, before_right = self.left[start - lag : end - lag], self.right[start - lag : end - lag]
            for channel, source in ((self.left, before_right), (self.right, before_left)):
                channel[start:end] = array(
                    "d", [a + b * level for a, b in zip(channel[start:end], source, strict=True)]
                )

    def save(self, path: Path) -> Path:
        """Fade both ends, bring to loudness below the peak limit, write 16-bit stereo."""
        self._fade()
        power = sum(x * x for x in self.left) + sum(x * x for x in self.right)
        peak = max(max(map(abs, self.left)), max(map(abs, self.right)))
        gain = min(math.sqrt(_LOUDNESS * self.length / power), _PEAK / peak) * 32767
        both = array("h", bytes(4 * self.length))
        both[0::2] = array("h", [round(x * gain) for x in self.left])
        both[1::2] = array("h", [round(x * gain) for x in self.right])
        with wave.open(str(path), "wb") as sink:
            sink.setnchannels(2)
            sink.setsampwidth(2)
            sink.setframerate(RATE)
            sink.writeframes(both.tobytes())
        return path

    def _fade(self, *, opening: float = 0.25, ending: float = 0.9) -> None:
        for channel in (self.left, self.right):
            rise, fall = round(opening * RATE), min(self.length, round(ending * RATE))
            channel[:rise] = array("d", [x * i / rise for i, x in enumerate(channel[:rise])])
            channel[-fall:] = array("d", [x * (1 - i / fall) ** 2 for i, x in enumerate(channel[-fall:])])


def _tone(voice: Voice, pitch: float, seconds: float) -> list[float]:
    count = round((seconds + voice.release) * RATE)
    sound = [0.0] * count
    for multiple, level, decay in voice.partials:
        if pitch * multiple < RATE / 2.4:
            sound = _add_partial(sound, pitch * multiple, level, decay, voice.vibrato)
    rise, fall = max(1, round(voice.attack * RATE)), round(voice.release * RATE)
    for i in range(min(rise, count)):
        sound[i] *= 0.5 - 0.5 * math.cos(math.pi * i / rise)
    for i in range(min(fall, count)):
        sound[count - 1 - i] *= 0.5 - 0.5 * math.cos(math.pi * i / fall)
    return sound


def _add_partial(sound: list[float], pitch: float, level: float, decay: float, vibrato: float) -> list[float]:
    turn, fade, sin = math.tau * pitch / RATE, math.exp(-decay / RATE), math.sin
    if vibrato:
        swing, deep = math.tau * 5.2 / RATE, vibrato * pitch / 5.2
        wave_at = [sin(turn * i + deep * sin(swing * i)) for i in range(len(sound))]
    else:
        wave_at = [sin(turn * i) for i in range(len(sound))]
    mixed, gain = [], level
    for old, value in zip(sound, wave_at, strict=True):
        mixed.append(old + value * gain)
        gain *= fade
    return mixed


def _soft_noise(count: int, seed: int, dark: float) -> list[float]:
    """Noise through two low-pass steps; the smaller `dark`, the duller."""
    throw = dice(seed).random
    first = second = 0.0
    noise = []
    for _ in range(count):
        first += dark * (throw() - 0.5 - first)
        second += dark * (first - second)
        noise.append(second)
    return noise
