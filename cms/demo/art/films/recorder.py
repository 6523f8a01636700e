"""From frames to a file: raw pictures into the standard input of ffmpeg, sound from a wav."""

import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import imageio_ffmpeg

from cms.demo.art.films.stage import FPS, Frame, Stage


class FilmNotWritten(RuntimeError):
    """ffmpeg refused; the message carries its last words."""


def record(
    paint: Frame, stage: Stage, sound: Path, path: Path, on_progress: Callable[[float], None] | None = None
) -> Path:
    """Paint every frame of the stage's length and encode it with the sound."""
    frames = round(stage.seconds * FPS)
    # A film is there whole or not at all: it gets its name when it is finished.
    part = path.with_name(f"{path.name}.part")
    with tempfile.TemporaryFile() as words:
        encoder = subprocess.Popen(  # noqa: S603 - the program is the wheel's own, its arguments are ours.
            _command(stage, sound, part), stdin=subprocess.PIPE, stdout=words, stderr=words
        )
        assert encoder.stdin is not None
        try:
            for number in range(frames):
                encoder.stdin.write(paint(number / FPS).tobytes())
                if on_progress:
                    on_progress((number + 1) / frames)
        except BrokenPipeError:
            pass  # ffmpeg has ended early; its own words below say why.
        except BaseException:
            encoder.kill()
            part.unlink(missing_ok=True)
            raise
        finally:
            with suppress(BrokenPipeError):
                encoder.stdin.close()
            code = encoder.wait()
        if code:
            part.unlink(missing_ok=True)
            words.seek(0)
            raise FilmNotWritten(f"{path.name} was not written: {words.read().decode(errors='replace')[-600:]}")
    return part.replace(path)


def _command(stage: Stage, sound: Path, path: Path) -> list[str]:
    pictures = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{stage.width}x{stage.height}", "-r", str(FPS), "-i", "-"]
    # Without the matrix named on both sides players guess, and guess another one for small copies.
    colours = ["-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"]
    colours += ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
    video = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "21", "-tune", "animation", "-g", str(FPS * 2)]
    audio = ["-c:a", "aac", "-b:a", "160k", "-ac", "2"]
    head = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-y"]
    # -bitexact keeps the encoder's version and the time of day out of the file.
    file = ["-shortest", "-bitexact", "-movflags", "+faststart", "-f", "mp4", str(path)]
    return [*head, *pictures, "-i", str(sound), *colours, *video, *audio, *file]
