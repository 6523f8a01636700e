"""The whole service as processes on this machine: started by `make run`, and by tests in a folder of their own.

    with Stack(tmp_path, env={"LOG_LEVEL": "DEBUG"}) as stack:
        requests.get(stack.urls["web"])
        stack.kill("worker")      # SIGKILL, to the process and its children
        stack.restart("worker")

The processes are those of the Procfile. Each runs in a process group of its own, writes to `var_dir/log/NAME.log` and
ends with the program that started it. Redis lives on a private port and keeps nothing: rows carry the truth.
"""

import os
import shlex
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from honcho.environ import parse_procfile

from scripts import environment, lock, ports
from scripts.environment import StackError
from scripts.processes import ROOT, Process, end_group, signals_held, tethered

SANDBOXES = ("payment_sandbox", "warehouse_sandbox", "kintone_sandbox", "mail_sandbox")
WORKERS = ("worker", "media", "beat")
READY_SECONDS = 90
STOP_SECONDS = 12


class AlreadyRunning(StackError):
    """Another stack runs in the same folder."""


class PortTaken(StackError):
    """Somebody else listens on the port of the web server."""


class CommandFailed(StackError):
    """A `manage.py` command that the stack needs ended badly."""


class ProcessEnded(StackError):
    """A process of the stack ended while it was needed."""


class NotReady(StackError):
    """A process runs but did not become ready in time."""


class Stack:
    """One running service in `var_dir`, on SQLite there or on the database of `database_url`.

    `env` is added to what every process is told, `processes` limits which of the Procfile's are started, `port` is
    the web server's (a free one where none is given). `pids` and `urls` tell what runs and where.
    """

    def __init__(
        self,
        var_dir: Path,
        *,
        database_url: str | None = None,
        env: dict[str, str] | None = None,
        port: int | None = None,
        processes: Collection[str] | None = None,
    ) -> None:
        self.var_dir = Path(var_dir).resolve()
        self.run_dir = self.var_dir / "run"
        self.log_dir = self.var_dir / "log"
        self.port = port or ports.pick_free(1)[0]
        self.env = environment.build(self.var_dir, port=self.port) | (env or {})
        if database_url:
            self.env["DATABASE_URL"] = database_url
        self._processes = {
            name: Process(name, command, log=self.log_dir / f"{name}.log")
            for name, command in parse_procfile((ROOT / "Procfile").read_text()).processes.items()
            if processes is None or name in processes
        }
        self._lock: IO[str] | None = None
        self._ends: dict[str, deque[float]] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def urls(self) -> dict[str, str]:
        """Addresses by name: web, redis, the sandboxes (HTTP), and smtp."""
        local = {name.removesuffix("_sandbox"): f"http://127.0.0.1:{self._port(name)}" for name in SANDBOXES}
        return local | {
            "web": f"http://localhost:{self.port}",
            "redis": self.env["REDIS_URL"],
            "smtp": self.env["EMAIL_URL"],
        }

    @property
    def sqlite_file(self) -> Path | None:
        """The database's file as `config/settings.py` picks it; None where it is another kind of database."""
        return None if self.process_env.get("DATABASE_URL") else self.var_dir / "db.sqlite3"

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of what runs now; a worker's is that of its parent process."""
        return {name: process.pid for name, process in self._processes.items() if process.is_running() and process.pid}

    @property
    def process_env(self) -> dict[str, str]:
        """The environment of every process: this program's own, and above it what this stack picked."""
        return {
            **os.environ,
            "PYTHON": sys.executable,
            "PYTHONUNBUFFERED": "1",
            "C_FORCE_ROOT": "1",  # Celery otherwise refuses to run as root, which a container or a test machine is
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "RUN_ENV_FILE": str(self.run_dir / "env"),
            **self.env,
        }

    def start(self, *, prepare: "Callable[[Stack], None] | None" = None) -> None:
        """Start Redis and the stand-ins, make what is needed before the rest, then start that and wait for all.

        What is needed are the tables, or what `prepare` makes: it is called instead of `migrate`, with no worker and
        no web server running. Raises a StackError with one sentence where a start is impossible; nothing is left
        running then.
        """
        try:
            self._take_lock()
            (self.var_dir / "static").mkdir(exist_ok=True)  # WhiteNoise warns about a folder that is missing
            environment.write(self.run_dir / "env", self.env)
            environment.remember_ports(self.run_dir, self.env)
            self._launch(["redis", *SANDBOXES])
            self._wait_for(["redis"])
            if prepare:
                prepare(self)
            elif {"web", *WORKERS} & set(self._processes):
                self.migrate()
            self._launch(["web", *WORKERS])
            self._wait_for(self._processes)
        except BaseException:
            self.stop()
            raise

    def migrate(self) -> None:
        """Make the tables, or bring them up to date."""
        self.manage("migrate", "--skip-checks", "--verbosity", "0")

    def stop(self) -> None:
        """End every process, Redis last because workers say goodbye to it, and take the run's files away."""
        for names in ([name for name in self._processes if name != "redis"], ["redis"]):
            ending = [self._processes[name] for name in names if name in self._processes]
            for process in ending:
                process.terminate()
            deadline = time.monotonic() + STOP_SECONDS
            for process in ending:
                process.wait_until_ended(deadline=deadline)
        if self._lock:
            (self.run_dir / "env").unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def kill(self, name: str) -> None:
        """SIGKILL for the process and its children; returns when they are gone."""
        self._processes[name].kill()

    def launch(self, name: str) -> None:
        """Start a process that does not run, without waiting until it is ready."""
        self._processes[name].start(self.process_env)

    def restart(self, name: str) -> None:
        """End the process if it runs, start it, and wait until it is ready."""
        self._processes[name].terminate()
        self._processes[name].wait_until_ended(deadline=time.monotonic() + STOP_SECONDS)
        self.launch(name)
        self._wait_for([name])

    def manage(self, *arguments: str, show: bool = False) -> str:
        """Run a `manage.py` command against this stack; return what it printed, or `show` it as it comes."""
        command = shlex.join([sys.executable, "manage.py", *arguments])
        sink = None if show else subprocess.PIPE
        with signals_held():
            running = subprocess.Popen(
                tethered(command), cwd=ROOT, env=self.process_env, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
                text=True, start_new_session=True,
            )  # fmt: skip
        try:
            out, err = running.communicate()
        except BaseException:
            end_group(running)
            raise
        if running.returncode:
            said = "what it said stands above" if show else f"it said:\n{out}{err}"
            raise CommandFailed(f"manage.py {' '.join(arguments)} ended with {running.returncode}; {said}")
        return out or ""

    def new_output(self) -> Iterator[tuple[str, str]]:
        """What the processes wrote since the last call: name and line."""
        for name, process in self._processes.items():
            for line in process.new_output():
                yield name, line

    def log(self, name: str) -> str:
        """All that a process has written so far."""
        return self._processes[name].log.read_text(errors="replace")

    def revive(self) -> Iterator[str]:
        """Start every process again that has ended by itself; one sentence for each.

        Nothing is lost by such an end, since rows carry the truth. A process that ends again and again is not revived
        for ever: raises ProcessEnded at the sixth time within a minute.
        """
        for name, process in self._processes.items():
            if process.status is None:
                continue
            ends = self._ends.setdefault(name, deque(maxlen=6))
            ends.append(time.monotonic())
            if len(ends) == ends.maxlen and ends[-1] - ends[0] < 60:
                self.check()
            yield f"{name} ended with status {process.status}; it is started again, and goes on where it was"
            process.kill()  # what it left of its group
            self.launch(name)

    def check(self) -> None:
        """Raise ProcessEnded when a process that was started has ended by itself."""
        for name, process in self._processes.items():
            if process.status is not None:
                raise ProcessEnded(
                    f"{name} ended with status {process.status}. Its last words:\n{process.last_words()}"
                )

    def _launch(self, names: Collection[str]) -> None:
        for name in names:
            if name in self._processes:
                self.launch(name)

    def _take_lock(self) -> None:
        try:
            self._lock = lock.take(self.run_dir / "lock", says=f"{self.urls['web']} (process {os.getpid()})")
        except lock.Locked as error:
            raise AlreadyRunning(f"Hitotsu already runs from this folder, at {error.holder}.") from error
        if not ports.is_free(self.port):
            raise PortTaken(f"Port {self.port} is taken by another program; choose one with PORT=8001 make run.")

    def _wait_for(self, names: Collection[str]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        for name in names:
            while name in self._processes and not self._is_ready(name):
                self.check()
                if time.monotonic() > deadline:
                    raise NotReady(f"{name} was not ready in {READY_SECONDS} s. Its last words:\n"
                                   f"{self._processes[name].last_words()}")  # fmt: skip
                time.sleep(0.1)

    def _is_ready(self, name: str) -> bool:
        if name in ("worker", "media"):
            return self._processes[name].has_said("ready.")
        if name == "beat":
            return self._processes[name].has_said("beat: Starting")
        if name == "redis":
            return ports.accepts(self._port(name))
        if name == "mail_sandbox" and not ports.accepts(int(self.env["SMTP_PORT"])):
            return False
        return ports.answers_ok(f"http://127.0.0.1:{self._port(name)}/healthz")

    def _port(self, name: str) -> int:
        return self.port if name == "web" else int(self.env[f"{name.removesuffix('_sandbox').upper()}_PORT"])
