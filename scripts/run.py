"""`make run`: bring up the whole service with its demo, from a fresh clone on.

The first half needs nothing but Python: it installs what is missing (see `install.py`) and starts itself anew with the
Python of `.venv`. The second half starts every process (see `stack.py`), prints the address and the demo's accounts,
then shows warnings and failures (VERBOSE=1: everything) until Ctrl-C, SIGTERM or a closed terminal ends them all.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import install, lock, ports  # noqa: E402 - the folder must be known first
from scripts.tether import ENDING  # noqa: E402

if TYPE_CHECKING:
    from scripts.console import Sieve
    from scripts.stack import Stack

DEFAULT_PORT = 8000


class Refused(Exception):
    """The service is not started; the message is one sentence."""


class Stopped(BaseException):
    """Somebody asked for the end; not an Exception, so that nothing on the way mistakes it for a failure."""


def main() -> int:
    catch_signals()
    options = arguments()
    try:
        port = asked_port()
        var_dir = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()
        check_free(var_dir, port)
        if Path(sys.prefix) != install.VENV:
            install.ensure()
            signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # until the program that comes now listens to them
            os.execv(install.PYTHON, [str(install.PYTHON), __file__, *sys.argv[1:]])
        return serve(var_dir, port, demo=not options.stack_only)
    except (Refused, install.CannotInstall) as refusal:
        install.say(str(refusal))
        return 1
    except Stopped:
        install.say("stopped before anything was started")
        return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Bring up the whole service with its demo; PORT picks the port.")
    parser.add_argument("--stack-only", action="store_true", help="leave the demo's films, goods and accounts out")
    return parser.parse_args()


def asked_port() -> int:
    text = os.environ.get("PORT") or str(DEFAULT_PORT)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise Refused(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def check_free(var_dir: Path, port: int) -> None:
    """Refuse before anything is installed or changed: a second start here, or a port that somebody uses."""
    try:
        lock.take(var_dir / "run" / "lock", says="").close()
    except lock.Locked as held:
        raise Refused(
            f"Hitotsu already runs from this folder, at {held.holder}; stop it before you start another."
        ) from held
    if not ports.is_free(port):
        raise Refused(f"Port {port} is taken by another program; choose another one: PORT={port + 1} make run")


def serve(var_dir: Path, port: int, *, demo: bool) -> int:
    """Run the service until it is asked to end, or a process cannot be kept alive. Returns the exit status."""
    from scripts.console import Sieve
    from scripts.environment import StackError
    from scripts.stack import Stack

    sieve = Sieve(everything=os.environ.get("VERBOSE", "") not in ("", "0"))
    stack = None
    try:
        began = time.monotonic()
        stack = Stack(var_dir, port=port)
        say_moved_ports(stack)
        install.say("starting the site, its workers, and the stand-ins of the outside systems")
        stack.start(prepare=load_demo if demo else None)
        show(stack, sieve)  # before the welcome, so that it stands last
        welcome(stack, seconds=time.monotonic() - began)
        follow(stack, sieve)
    except Stopped:
        install.say("ending every process")
    except StackError as refusal:
        install.say(str(refusal))
        return 1
    finally:
        ignore_signals()
        if stack:
            stack.stop()
    return 0


def say_moved_ports(stack: Stack) -> None:
    """Tell of every stand-in that does not answer where it did, since another program listens there now."""
    from scripts.environment import remembered_ports

    for name, before in remembered_ports(stack.run_dir).items():
        if stack.env[name] != str(before):
            process = name.removesuffix("_PORT").lower()
            install.say(f"port {before} of {process} is taken by another program; it listens on {stack.env[name]} now")


def load_demo(stack: Stack) -> None:
    """Tables and demo, in one program, unless nothing has changed since they were made."""
    from scripts import prepared

    database = stack.sqlite_file
    made_by = prepared.fingerprint()
    if database and prepared.holds(database, made_by=made_by) and renew_card(stack):
        return
    install.say("loading the demo")
    if not database:
        stack.manage("demo", "--skip-checks", "--migrate", "--no-accounts", show=True)
        return
    prepared.forget(database)
    questions = stack.run_dir / "questions.json"
    stack.manage("demo", "--skip-checks", "--migrate", "--no-accounts", "--questions", str(questions), show=True)
    prepared.keep(database, made_by=made_by, questions=questions)
    questions.unlink()


def renew_card(stack: Stack) -> bool:
    """Write this start's address into the card of the demo; False where there is none to read."""
    path = stack.run_dir / "demo.json"
    try:
        card = json.loads(path.read_text())
        text = json.dumps({**card, "address": stack.urls["web"]}, ensure_ascii=False, indent=2)
    except (OSError, ValueError, TypeError):
        return False
    path.write_text(text + "\n")
    return True


def welcome(stack: Stack, *, seconds: float) -> None:
    """Say where the service answers, who may sign in, and where the outside systems can be looked at."""
    web = stack.urls["web"]
    lines = [f"Hitotsu is ready after {seconds:.0f} s: {web}", ""]
    demo = stack.run_dir / "demo.json"
    if demo.exists():
        lines += accounts(json.loads(demo.read_text()))
    lines.append(f"  mailbox     {web}/dev/mail/")
    for name, page in (("payment", "/sandbox/"), ("warehouse", "/"), ("kintone", "/")):
        lines.append(f"  {name:<11} {stack.urls[name].replace('127.0.0.1', 'localhost')}{page}")
    lines += [f"  logs        {shown_path(stack.log_dir)}  (VERBOSE=1 shows them here)", "", "Ctrl-C ends it."]
    print("\n" + "\n".join(lines) + "\n", flush=True)


def accounts(demo: dict[str, Any]) -> list[str]:
    people = [f"{person['email']:<20} {person['role']}" for person in demo["accounts"]]
    words = ["sign in as", *[""] * (len(people) - 1)]
    lines = [f"  {word:<11} {person}" for word, person in zip(words, people, strict=True)]
    return [*lines, f"  password    {demo['password']}  (of all of them)", ""]


def shown_path(path: Path) -> str:
    """The way a person would write it: from the folder of the repository, where it lies in there."""
    return f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}/"


def follow(stack: Stack, sieve: Sieve) -> None:
    """Show warnings and failures from now on, and start again what ends by itself; ends by Stopped.

    Raises ProcessEnded when a process cannot be kept alive.
    """
    while True:
        show(stack, sieve)
        for sentence in stack.revive():
            install.say(sentence)
        time.sleep(0.25)


def show(stack: Stack, sieve: Sieve) -> None:
    for name, line in stack.new_output():
        if sieve.passes(name, line):
            print(f"{name.removesuffix('_sandbox'):>9} | {line}", flush=True)


def catch_signals() -> None:
    """The first word to end raises Stopped; every later one is ignored, or it would cut the ending short."""

    def stop(number: int, frame: object) -> None:
        ignore_signals()
        raise Stopped

    for number in ENDING:
        signal.signal(number, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


def ignore_signals() -> None:
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
