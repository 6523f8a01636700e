"""Start a program that dies with its parent: `python leash.py PARENT_PID PROGRAM ARGUMENTS…`.

Run as a script of its own between the worker and the encoder, because code between fork and exec is not safe in a
process with threads. A worker that gets SIGKILL must not leave an encoder that eats the machine for hours.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2)
_NICENESS = 10


def main(parent: int, argv: list[str]) -> None:
    """Tie this process to its parent, make it yield to web requests, and become the program."""
    os.nice(_NICENESS)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("The process that started this encoder is gone.")
    os.execv(argv[0], argv)  # noqa: S606 - a shell would only stand between the signal and the encoder


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
