"""The stack that `make run` and the stories use: starts, tells where it is, loses a process, ends without a trace."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from scripts import environment, ports
from scripts.stack import AlreadyRunning, PortTaken, ProcessEnded, Stack
from tests.architecture.sources import ROOT
from tests.sizes import IS_FULL

pytestmark = pytest.mark.stack
# Light ones: what is tested here is the same for all.
LIGHT = ("redis", "warehouse_sandbox", "kintone_sandbox")


def family(pid: int) -> set[int]:
    """The process and all of its descendants that run now."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, waiting = {pid}, [pid]
    while waiting:
        for child in children.get(waiting.pop(), []):
            found.add(child)
            waiting.append(child)
    return found


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(condition, *, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not (done := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(done)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with Stack(tmp_path_factory.mktemp("stack"), processes=LIGHT) as running:
        yield running


def test_every_process_runs_and_answers(stack):
    assert set(stack.pids) == set(LIGHT)
    assert all(ports.answers_ok(f"{stack.urls[name]}/healthz") for name in ("warehouse", "kintone"))


def test_a_command_beside_it_learns_its_addresses_from_the_file(stack):
    lines = (stack.var_dir / "run" / "env").read_text().splitlines()
    told = dict(line.partition("=")[::2] for line in lines)
    assert told["WAREHOUSE_API_URL"] == stack.urls["warehouse"]
    assert told["REDIS_URL"] == stack.urls["redis"]
    command = [sys.executable, "-c", "from config import settings as s; print(s.KINTONE_URL, s.SECRET_KEY)"]
    env = {"PATH": os.environ["PATH"], "VAR_DIR": str(stack.var_dir)}
    shown = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert shown.stdout.split() == [stack.urls["kintone"], told["SECRET_KEY"]]


def test_secrets_are_for_their_owner_alone(stack):
    for name in ("env", "secret_key", "oidc_key.pem"):
        assert (stack.var_dir / "run" / name).stat().st_mode & 0o077 == 0


def test_a_second_stack_in_the_same_folder_is_refused_with_the_address_of_the_first(stack):
    with pytest.raises(AlreadyRunning, match=stack.urls["web"]):
        Stack(stack.var_dir, processes=LIGHT).start()
    assert (stack.var_dir / "run" / "env").exists()
    assert set(stack.pids) == set(LIGHT)


def test_a_killed_process_is_gone_and_comes_back_on_its_port(stack):
    before = stack.pids["warehouse_sandbox"]
    stack.kill("warehouse_sandbox")
    assert not is_running(before)
    with pytest.raises(ProcessEnded, match="warehouse_sandbox ended with status -9"):
        stack.check()
    stack.restart("warehouse_sandbox")
    stack.check()
    assert stack.pids["warehouse_sandbox"] != before
    assert ports.answers_ok(f"{stack.urls['warehouse']}/healthz")


def test_nothing_is_left_after_the_end(tmp_path):
    stack = Stack(tmp_path, processes=LIGHT)
    stack.start()
    pids = set().union(*map(family, stack.pids.values()))
    stack.stop()
    assert not [pid for pid in pids if is_running(pid)]
    assert not (tmp_path / "run" / "env").exists()
    assert stack.pids == {}


def test_a_start_that_fails_says_why_and_leaves_nothing_running(tmp_path):
    with ports_held() as taken:
        stack = Stack(tmp_path, processes=LIGHT, env={"KINTONE_PORT": str(taken)})
        with pytest.raises(ProcessEnded, match="kintone_sandbox ended with status"):
            stack.start()
    started = [process.pid for process in stack._processes.values()]
    assert len(started) == len(LIGHT)
    assert not [pid for pid in started if is_running(pid)]
    assert not (tmp_path / "run" / "env").exists()


def test_secrets_outlive_a_restart(tmp_path):
    kept = [(Stack(tmp_path).env["SECRET_KEY"], Stack(tmp_path).env["OIDC_PRIVATE_KEY"]) for _ in range(2)]
    assert kept[0] == kept[1]
    assert kept[0][0] != Stack(tmp_path / "other").env["SECRET_KEY"]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's word to children is Linux's own")
@pytest.mark.chaos
def test_the_processes_end_when_their_starter_is_killed(tmp_path):
    code = (
        "import sys, time; from scripts.stack import Stack;"
        "s = Stack(sys.argv[1], processes=('redis', 'kintone_sandbox')); s.start();"
        "print(*s.pids.values(), flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    starter = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in starter.stdout.readline().split()]
    assert len(pids) == 2
    starter.kill()
    starter.communicate()
    assert until(lambda: not any(map(is_running, pids)))


def run(var_dir: Path, *arguments: str, **env: str) -> subprocess.Popen[str]:
    """`make run` without make, in a folder of its own, without a terminal."""
    own = {**os.environ, "VAR_DIR": str(var_dir), **env}
    return subprocess.Popen(
        [sys.executable, "scripts/run.py", *arguments], cwd=ROOT, env=own, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def test_a_used_port_is_said_in_one_sentence(tmp_path):
    with ports_held() as port:
        done = run(tmp_path, PORT=str(port))
        said, _ = done.communicate(timeout=60)
    assert done.returncode == 1
    assert said.splitlines() == [
        f"hitotsu: Port {port} is taken by another program; choose another one: PORT={port + 1} make run"
    ]
    with ports_held() as port, pytest.raises(PortTaken):
        Stack(tmp_path, port=port).start()


def test_a_second_start_in_the_same_folder_is_said_in_one_sentence(stack):
    done = run(stack.var_dir, PORT=str(ports.pick_free(1)[0]))
    said, _ = done.communicate(timeout=60)
    assert done.returncode == 1
    assert len(said.splitlines()) == 1
    assert f"already runs from this folder, at {stack.urls['web']}" in said


@pytest.mark.parametrize("port", ["eight", "0", "70000", "٨٠٠٠"])
def test_a_port_that_is_none_is_refused(tmp_path, port):
    done = run(tmp_path, PORT=port)
    said, _ = done.communicate(timeout=60)
    assert done.returncode == 1
    assert "PORT must be a number from 1 to 65535" in said


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM] if IS_FULL else [signal.SIGTERM])
def test_the_whole_service_comes_up_says_so_and_ends_on_a_signal(tmp_path, sent):
    port = ports.pick_free(1)[0]
    running = run(tmp_path, "--stack-only", PORT=str(port))
    try:
        said = read_until(running, f"Hitotsu is ready after .* http://localhost:{port}")
        assert said, "it was never ready"
        assert ports.answers_ok(f"http://127.0.0.1:{port}/healthz")
        pids = family(running.pid)
        assert len(pids) > 9
        running.send_signal(sent)
        running.communicate(timeout=60)
    finally:
        running.kill()
        running.wait()
    assert running.returncode == 0
    assert not [pid for pid in pids if is_running(pid)]
    assert not (tmp_path / "run" / "env").exists()


@pytest.mark.parametrize("logs", [0, 1, 3, 7] if IS_FULL else [0, 3])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM] if IS_FULL else [signal.SIGINT])
def test_an_end_in_the_middle_of_the_start_leaves_nothing_running(tmp_path, logs, sent):
    """`logs`: how many processes had been started when the signal came; a second one follows at once."""
    running = run(tmp_path, "--stack-only", PORT=str(ports.pick_free(1)[0]))
    try:
        said = read_until(running, "starting the site")
        assert until(lambda: len(list((tmp_path / "log").glob("*.log"))) >= logs)
        pids = family(running.pid)
        running.send_signal(sent)
        running.send_signal(sent)
        rest, _ = running.communicate(timeout=60)
    finally:
        running.kill()
        running.wait()
    assert running.returncode == 0
    assert "ready" not in said + rest
    assert "Traceback" not in said + rest
    assert not [pid for pid in pids | tethered_to(tmp_path) if is_running(pid)]
    assert not (tmp_path / "run" / "env").exists()


def tethered_to(folder: Path) -> set[int]:
    """Every process that was told to work in this folder, whoever its parent is now."""
    word = f"VAR_DIR={folder}".encode()
    found = set()
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if word in environ.read_bytes().split(b"\0"):
                found.add(int(environ.parent.name))
    return found


def test_a_command_that_is_cut_off_ends_with_its_children(stack):
    def cut_off(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, cut_off)
    pids: set[int] = set()

    def watch() -> None:
        until(lambda: len(pids.update(family(os.getpid()) - known) or pids) >= 2)
        os.kill(os.getpid(), signal.SIGALRM)

    known = family(os.getpid())
    thread = threading.Thread(target=watch)
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            stack.manage("shell", "--no-imports", "-c", "import subprocess; subprocess.run(['sleep', '600'])")
    finally:
        thread.join()
        signal.signal(signal.SIGALRM, before)
    assert not [pid for pid in pids if is_running(pid)]


def test_the_stand_ins_are_where_they_were_at_the_last_start(tmp_path):
    with Stack(tmp_path, processes=LIGHT) as first:
        before = first.urls
        assert Stack(tmp_path).urls["kintone"] != before["kintone"]  # while its port is held
    assert before.items() - Stack(tmp_path, port=first.port).urls.items() == set()


def test_a_stand_in_whose_port_is_taken_moves_and_the_start_says_so(tmp_path):
    with Stack(tmp_path, processes=("redis",)) as first:
        before = environment.remembered_ports(first.run_dir)
    with socket.socket() as other:
        other.bind(("127.0.0.1", before["KINTONE_PORT"]))
        other.listen()
        running = run(tmp_path, "--stack-only", PORT=str(ports.pick_free(1)[0]))
        try:
            said = read_until(running, "starting the site")
            running.terminate()
            running.communicate(timeout=60)
        finally:
            running.kill()
            running.wait()
    after = environment.remembered_ports(tmp_path / "run") or before
    assert f"port {before['KINTONE_PORT']} of kintone is taken by another program" in said
    assert {name for name in before if before[name] != after[name]} <= {"KINTONE_PORT"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"REDIS_PORT": "x"}'])
def test_remembered_ports_that_cannot_be_read_are_picked_anew(tmp_path, text):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "ports.json").write_text(text)
    assert environment.remembered_ports(tmp_path / "run") == {}
    assert ports.is_free(int(Stack(tmp_path).env["REDIS_PORT"]))


def read_until(running: subprocess.Popen[str], pattern: str) -> str:
    said = []
    for line in running.stdout:
        said.append(line)
        if re.search(pattern, line):
            return "".join(said)
    pytest.fail("it ended: " + "".join(said))


@contextlib.contextmanager
def ports_held():
    """A port of loopback that another program listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_process_that_was_killed_is_started_again_with_a_sentence(stack):
    before = stack.pids["kintone_sandbox"]
    os.kill(before, signal.SIGKILL)
    said: list[str] = []
    assert until(lambda: said.extend(stack.revive()) or said)
    assert said[0].startswith("kintone_sandbox ended with status -9")
    assert until(lambda: ports.answers_ok(f"{stack.urls['kintone']}/healthz"))
    assert stack.pids["kintone_sandbox"] != before


def test_a_process_that_ends_again_and_again_is_not_revived_for_ever(stack):
    def end_and_revive() -> None:
        for _ in range(6):
            os.kill(stack.pids["warehouse_sandbox"], signal.SIGKILL)
            until(lambda: list(stack.revive()))

    with pytest.raises(ProcessEnded, match="warehouse_sandbox"):
        end_and_revive()
    stack.restart("warehouse_sandbox")
