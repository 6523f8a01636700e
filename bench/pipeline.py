"""Seven empty stages: our engine under Celery and by itself, against DBOS and against a plain Celery chain.

All on the same PostgreSQL (as it is installed: every commit reaches the disk) and the same Redis, with two worker
processes each, in turns; a figure is the median of the rounds. A round is the time from the first run that is started
to the last that has ended, started by one process as fast as it can. The ratios decide, not the figures.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.redis import redis_url
from tests.postgres import database_url

ROOT = Path(__file__).resolve().parent.parent
PEER = ROOT / ".venv-bench" / "bin" / "python"
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
RUNS = int(os.environ.get("BENCH_RUNS", "500"))
WORKERS = 2
STAGES = "bench.peers.stages"

Environment = dict[str, str]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, redis_url() as redis, database_url(settings=()) as database:
        env = os.environ | {
            "REDIS_URL": redis,
            "DATABASE_URL": database,
            "VAR_DIR": folder,
            "FRONT_END_DIR": folder,
            "RUN_ENV_FILE": os.devnull,
            "LOG_LEVEL": "ERROR",
            "PYTHONPATH": str(ROOT),
        }
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=env, check=True)
        env["DBOS_URL"] = database.replace("postgres://", "postgresql+psycopg://")
        rounds: dict[str, list[float]] = {name: [] for name in CONTENDERS}
        for _ in range(ROUNDS):
            for name, contend in CONTENDERS.items():
                rounds[name].append(contend(env))
                print(f"{name:<24} {rounds[name][-1]:7.1f} runs/s", file=sys.stderr, flush=True)
        print(json.dumps(figures({name: statistics.median(values) for name, values in rounds.items()})))


def figures(median: dict[str, float]) -> dict[str, float]:
    """The medians, in runs a second, and the ratios that decide."""
    found = {f"{name}_runs_per_s": round(value, 1) for name, value in median.items()}
    for peer in ("dbos", "chain"):
        found |= {f"{name}_to_{peer}": round(median[name] / median[peer], 2) for name in OURS}
    return found


def chain(env: Environment) -> float:
    command = [sys.executable, "-m", "celery", "-A", "bench.peers.chain", "worker", *_celery_options(), "-Q", "celery"]
    with running(command, env, "ready"):
        return answered([sys.executable, "-m", "bench.peers.chain", str(RUNS)], env)


def dbos(env: Environment) -> float:
    program = str(ROOT / "bench" / "peers" / "durable.py")
    with (
        running([str(PEER), program, "work", "one"], env, "ready"),
        running([str(PEER), program, "work", "two"], env, "ready"),
    ):
        return answered([str(PEER), program, "run", str(RUNS)], env)


def under_celery(pipeline: str) -> Callable[[Environment], float]:
    def contend(env: Environment) -> float:
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", *_celery_options(), "-Q", "purchase"]
        with running([*command, "--include", STAGES], env, "ready"):
            return answered([sys.executable, "-m", "bench.peers.start", pipeline, str(RUNS)], env)

    return contend


def by_itself(pipeline: str) -> Callable[[Environment], float]:
    def contend(env: Environment) -> float:
        env = env | {"PIPELINE_EXECUTOR": "table"}
        with running([sys.executable, "-m", "bench.peers.work", str(WORKERS)], env, "workers look"):
            return answered([sys.executable, "-m", "bench.peers.start", pipeline, str(RUNS)], env)

    return contend


def _celery_options() -> list[str]:
    return [
        "--pool",
        "prefork",
        "--concurrency",
        str(WORKERS),
        "--loglevel",
        "INFO",
        "--without-gossip",
        "--without-mingle",
    ]


@contextmanager
def running(command: list[str], env: Environment, ready: str) -> Iterator[None]:
    """A process for as long as the block lasts, from the moment it says `ready`."""
    with tempfile.NamedTemporaryFile("w+") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=said, stderr=subprocess.STDOUT)
        try:
            _until_said(ready, Path(said.name), process)
            yield
        finally:
            process.terminate()
            process.wait(60)


def _until_said(ready: str, said: Path, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while ready not in said.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"It did not start: {said.read_text()[-2000:]}")
        time.sleep(0.05)


def answered(command: list[str], env: Environment) -> float:
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True, timeout=300)
    return float(done.stdout.split()[-1])


CONTENDERS: dict[str, Callable[[Environment], float]] = {
    "chain": chain,
    "dbos": dbos,
    "celery": under_celery("bench-alone"),
    "celery_together": under_celery("bench-together"),
    "table": by_itself("bench-alone"),
    "table_together": by_itself("bench-together"),
}
OURS = tuple(name for name in CONTENDERS if name not in ("chain", "dbos"))

if __name__ == "__main__":
    main()
