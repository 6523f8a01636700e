"""`python scripts/healthy.py URL`: status 0 when the address answers with success; what a container's health asks."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.ports import answers_ok

if __name__ == "__main__":
    sys.exit(0 if answers_ok(sys.argv[1]) else f"{sys.argv[1]} does not answer")
