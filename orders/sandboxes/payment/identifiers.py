"""Identifiers in Stripe's form: a prefix that tells the kind, then random letters and digits."""

import secrets
import string

ALPHABET = string.ascii_letters + string.digits
SESSION_PREFIX = "cs_test"


def random_text(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def new_id(prefix: str) -> str:
    """Return for example ``pi_3kD…``; a session's is longer, as it is the only secret of its page."""
    return f"{prefix}_{random_text(58 if prefix == SESSION_PREFIX else 24)}"


def new_secret(identifier: str) -> str:
    return f"{identifier}_secret_{random_text(25)}"
