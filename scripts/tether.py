"""Start a command that ends with its parent: `python tether.py PARENT_PID COMMAND`.

Run as a script of its own between the stack and each process: code between fork and exec is not safe in a program
with threads, and a stack that gets SIGKILL must not leave a web server on its port. Only Linux has the call; elsewhere
the command is started plainly.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2)
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(parent: int, command: str) -> None:
    """Ask the kernel for SIGTERM when the parent ends, then become the shell command."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)  # the stack holds them back while it starts a process
    if os.getppid() != parent:
        sys.exit("The stack that started this process is gone.")
    os.execv("/bin/sh", ["/bin/sh", "-c", f"exec {command}"])


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
