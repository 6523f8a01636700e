"""What the sandbox is told at its start, by arguments or by the environment."""

import argparse
import os
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Options:
    """``clock_scale`` multiplies the waits between deliveries of an event: 1 is Stripe's own, 0.001 is for tests."""

    host: str = "127.0.0.1"
    port: int = 8420
    ledger: Path = Path("payment-sandbox.sqlite3")
    webhook_url: str = ""
    webhook_secret: str = "whsec_hitotsu"  # noqa: S105 - the sandbox's well-known default
    secret_keys: tuple[str, ...] = ("sk_test_hitotsu",)
    publishable_key: str = "pk_test_hitotsu"
    public_url: str = ""
    clock_scale: float = 1.0
    merchant: str = "Hitotsu"

    def on_port(self, port: int) -> "Options":
        """Return the options once the port is known; the browser's address follows it where none was given."""
        return replace(self, port=port, public_url=(self.public_url or f"http://localhost:{port}").rstrip("/"))


def _scale(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and at most 1")
    return value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sandbox's arguments; each falls back to the environment, then to its default."""
    env, usual = os.environ, Options()
    add = parser.add_argument
    add("--host", default=env.get("PAYMENT_SANDBOX_HOST", usual.host), help="address to listen on")
    add("--port", type=int, default=int(env.get("PAYMENT_SANDBOX_PORT", usual.port)), help="0 picks a free port")
    add("--ledger", type=Path, default=Path(env.get("PAYMENT_SANDBOX_LEDGER", usual.ledger)), help="SQLite file")
    add("--webhook-url", default=env.get("PAYMENT_SANDBOX_WEBHOOK_URL", usual.webhook_url), help="where events go")
    add("--webhook-secret", default=env.get("STRIPE_WEBHOOK_SECRET", usual.webhook_secret), help="signs the events")
    add("--secret-key", action="append", dest="secret_keys", help="accepted secret key; may be repeated")
    add("--publishable-key", default=env.get("STRIPE_PUBLISHABLE_KEY", usual.publishable_key), help="the browser's key")
    add("--public-url", default=env.get("PAYMENT_SANDBOX_PUBLIC_URL", ""), help="how the browser reaches the sandbox")
    add("--merchant", default=env.get("STATION_NAME", usual.merchant), help="name shown to buyers")
    add("--clock-scale", type=_scale, default=_scale(env.get("PAYMENT_SANDBOX_CLOCK_SCALE", "1")),
        help="shortens the waits between deliveries of an event, for tests")  # fmt: skip


def from_arguments(arguments: argparse.Namespace) -> Options:
    known = {name: getattr(arguments, name) for name in Options.__dataclass_fields__}
    from_environment = os.environ.get("STRIPE_SECRET_KEY", Options.secret_keys[0])
    known["secret_keys"] = tuple(known["secret_keys"] or (from_environment,))
    return Options(**known)
