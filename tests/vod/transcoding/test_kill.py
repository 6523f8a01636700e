"""A worker that gets SIGKILL leaves no encoder and no half package; the next run starts clean."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.vod.transcoding.conftest import Clip
from tests.vod.transcoding.processes import at_work_in, within
from vod.transcoding import leash
from vod.transcoding.fake import FakeTranscoder
from vod.transcoding.ladder import ladder
from vod.transcoding.packaging import Packaged, package

pytestmark = [pytest.mark.media, pytest.mark.chaos]

ROOT = Path(__file__).parents[3]

# A worker that says where it is and waits there to be killed.
WORKER = """
import sys
from pathlib import Path
from vod.transcoding.fake import FakeTranscoder
from vod.transcoding.ffmpeg import FfmpegTranscoder
from vod.transcoding.ladder import ladder
from vod.transcoding.packaging import package
from vod.transcoding.probe import probe

where, master, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
calls = 0

def stay():
    print("here", flush=True)
    sys.stdin.read()

def packaging():
    global calls
    calls += 1
    if calls == 3:
        stay()
    return False

facts = probe(master)
slow = where == "encoding"
encoded = (FfmpegTranscoder(preset="placebo") if slow else FakeTranscoder()).transcode(
    master=master, probe=facts, rungs=ladder(facts), workdir=folder / "work",
    on_progress=lambda percent: stay() if slow and percent > 0 else None, should_stop=lambda: False,
)
package(encoded, folder / "package", should_stop=packaging)
"""


@contextmanager
def worker(where: str, clip: Clip, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a worker and hand it over when it has come to the place it is to be killed at."""
    command = [sys.executable, "-c", WORKER, where, str(clip.path), str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"here\n"
            yield process
        finally:
            process.kill()


def run_again(clip: Clip, folder: Path) -> Packaged:
    encoded = FakeTranscoder().transcode(
        master=clip.path,
        probe=clip.probe,
        rungs=ladder(clip.probe),
        workdir=folder / "work",
        on_progress=lambda percent: None,
        should_stop=lambda: False,
    )
    return package(encoded, folder / "package")


def beside_the_work(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"work"}


def test_the_encoder_dies_with_its_worker_and_the_next_run_is_whole(clip, tmp_path):
    with worker("encoding", clip, tmp_path) as process:
        assert at_work_in(tmp_path), "The encoder is at work when its worker is killed."
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert within(10, lambda: not at_work_in(tmp_path))

    assert beside_the_work(tmp_path) == set()
    assert len(run_again(clip, tmp_path).renditions[0].segments) == 3
    assert beside_the_work(tmp_path) == {"package"}


def test_a_packager_killed_in_the_middle_publishes_nothing_and_its_rest_is_cleared_away(clip, tmp_path):
    with worker("packaging", clip, tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()

    (left,) = beside_the_work(tmp_path)
    assert left.startswith(".package.")
    assert len(list((tmp_path / left).rglob("*.ts"))) == 2

    packaged = run_again(clip, tmp_path)

    assert beside_the_work(tmp_path) == {"package"}
    assert len(list(packaged.folder.rglob("*.ts"))) == 3


def test_what_another_package_is_being_written_to_is_left_alone(clip, tmp_path):
    other = tmp_path / ".package-of-bob.1234.partial"
    other.mkdir()
    run_again(clip, tmp_path)
    assert other.is_dir()


def test_a_program_whose_starter_is_gone_is_not_started(tmp_path):
    command = [sys.executable, leash.__file__, "1", "/bin/sh", "-c", f"touch {tmp_path}/started"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "is gone" in done.stderr
    assert not (tmp_path / "started").exists()


def test_the_encoder_yields_to_web_requests(tmp_path):
    command = [sys.executable, leash.__file__, str(os.getpid()), "/bin/sh", "-c", "nice"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) == min(19, os.nice(0) + 10)
