"""How soon a stage goes on after SIGKILL of its worker: on the same host, and where nobody can see the process."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"VAR_DIR": folder, "RUN_ENV_FILE": os.devnull, "PIPELINE_EXECUTOR": "table"}
        env.pop("DATABASE_URL", None)
        command = [sys.executable, "-m", "tests.chaos.recovery"]
        done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True, timeout=300)
    same_host, elsewhere = done.stdout.split()[:2]
    print(json.dumps({"same_host_s": float(same_host), "elsewhere_s": float(elsewhere)}))


if __name__ == "__main__":
    main()
