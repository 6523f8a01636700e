"""The key that signs what other sites are told about a member."""

import os
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def new_key() -> str:
    """A new RSA key of 2048 bits as PEM (PKCS #8)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")


def development_key(path: Path) -> str:
    """The PEM kept at `path`, made there on first use and readable by its owner alone.

    Web and workers start together, so the file appears whole or not at all and the first one to make it wins.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _place_once(path, new_key())
    return path.read_text(encoding="ascii")


def _place_once(path: Path, pem: str) -> None:
    descriptor, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # 0600 from the start
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(pem)
        os.link(made, path)
    except FileExistsError:
        return  # another process was first; its key is the one
    finally:
        os.unlink(made)
