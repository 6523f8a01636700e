"""`make run`: bring up the whole service with its demo, from a fresh clone on.

The first half needs nothing but Python: it installs what is missing (see `install.py`) and starts itself anew with the
Python of `.venv`. The second half starts every process (see `stack.py`), prints the address and the demo's accounts,
then shows what the processes say until Ctrl-C, SIGTERM or a closed terminal ends them all.
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

if TYPE_CHECKING:
    from scripts.stack import Stack

DEFAULT_PORT = 8000


class Refused(Exception):
    """The service is not started; the message is one sentence."""


class Stopped(BaseException):
    """Somebody asked for the end; not an Exception, so that nothing on the way mistakes it for a failure."""


def main() -> int:
    options = arguments()
    try:
        port = asked_port()
        var_dir = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()
        check_free(var_dir, port)
        if Path(sys.prefix) != install.VENV:
            install.ensure()
            os.execv(install.PYTHON, [str(install.PYTHON), __file__, *sys.argv[1:]])
        return serve(var_dir, port, demo=not options.stack_only)
    except (Refused, install.CannotInstall) as refusal:
        install.say(str(refusal))
        return 1


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
    from scripts.environment import StackError
    from scripts.stack import Stack

    catch_signals()
    stack = None
    try:
        began = time.monotonic()
        stack = Stack(var_dir, port=port)
        install.say("starting Redis, the stand-ins of the outside systems, the workers and the web server")
        stack.start(prepare=load_demo if demo else None)
        welcome(stack, seconds=time.monotonic() - began)
        follow(stack)
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


def load_demo(stack: Stack) -> None:
    install.say("loading the demo; the first time its films are drawn and encoded, which takes a minute or two")
    stack.manage("demo", "--skip-checks", show=True)


def welcome(stack: Stack, *, seconds: float) -> None:
    """Say where the service answers, who may sign in, and where the outside systems can be looked at."""
    print(f"\nHitotsu is ready after {seconds:.0f} s: {stack.urls['web']}  (Ctrl-C ends it)")
    demo = stack.run_dir / "demo.json"
    if demo.exists():
        for line in accounts(json.loads(demo.read_text())):
            print(f"  {line}".rstrip())
    print(f"  mails          {stack.urls['web']}/dev/mail/")
    for name in ("payment", "warehouse", "kintone"):
        page = "/sandbox/" if name == "payment" else "/"
        print(f"  {name:<14} {stack.urls[name].replace('127.0.0.1', 'localhost')}{page}")
    print(f"  logs           {stack.run_dir / 'logs'}\n", flush=True)


def accounts(demo: dict[str, Any]) -> list[str]:
    people = demo.get("accounts", [])
    lines = [f"{person['role']:<14} {person['email']}" for person in people]
    return [*lines, f"{'password':<14} {demo['password']} (all of them)", ""] if lines else []


def follow(stack: Stack) -> None:
    """Show what the processes say from now on, and start again what ends by itself; ends by Stopped.

    Raises ProcessEnded when one of them cannot be kept alive.
    """
    for _line in stack.new_output():  # what they said while they started is in their logs
        continue
    while True:
        for name, line in stack.new_output():
            print(f"{name.removesuffix('_sandbox'):>9} | {line}", flush=True)
        for sentence in stack.revive():
            install.say(sentence)
        time.sleep(0.25)


def catch_signals() -> None:
    def stop(number: int, frame: object) -> None:
        raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def ignore_signals() -> None:
    """A second Ctrl-C must not cut the ending short: it would leave processes behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
