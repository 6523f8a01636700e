"""From frames to a file: raw pictures into the standard input of ffmpeg, sound from a wav."""

import subprocess
import tempfile
from collections.abc import Callable
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
    with tempfile.TemporaryFile() as words:
        encoder = subprocess.Popen(_command(stage, sound, path), stdin=subprocess.PIPE, stdout=words, stderr=words)
        assert encoder.stdin is not None
        try:
            for number in range(frames):
                encoder.stdin.write(paint(number / FPS).tobytes())
                if on_progress:
                    on_progress((number + 1) / frames)
            encoder.stdin.close()
        except BrokenPipeError:
            pass  # ffmpeg has ended early; its own words below say why.
        except BaseException:
            encoder.kill()
            raise
        finally:
            code = encoder.wait()
        if code:
            words.seek(0)
            raise FilmNotWritten(f"{path.name} was not written: {words.read().decode(errors='replace')[-600:]}")
    return path


def _command(stage: Stage, sound: Path, path: Path) -> list[str]:
    pictures = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{stage.width}x{stage.height}", "-r", str(FPS), "-i", "-"]
    # Without the matrix named on both sides players guess, and guess another one for small copies.
    colours = ["-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"]
    colours += ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
    video = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "21", "-tune", "animation", "-g", str(FPS * 2)]
    audio = ["-c:a", "aac", "-b:a", "160k", "-ac", "2"]
    head = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-y"]
    # -bitexact keeps the encoder's version and the time of day out of the file.
    return [*head, *pictures, "-i", str(sound), *colours, *video, *audio, "-shortest", "-bitexact", "-movflags", "+faststart", str(path)]
