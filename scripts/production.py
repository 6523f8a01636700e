"""A complete production environment with invented values: what `make lint` checks the deployment settings with."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def example() -> dict[str, str]:
    """Every variable that production needs, each with a value of the right shape; the signing key is made anew."""
    return {
        "DJANGO_ENV": "production",
        "SECRET_KEY": "only-for-checks-" + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL",
        "SITE_URL": "https://www.station.example",
        "ALLOWED_HOSTS": "www.station.example",
        "DATABASE_URL": "postgres://hitotsu:secret@db.station.example:5432/hitotsu",
        "REDIS_URL": "rediss://redis.station.example:6379/0",
        "EMAIL_URL": "smtp+tls://hitotsu:secret@mail.station.example:587",
        "STRIPE_SECRET_KEY": "sk_live_example",
        "STRIPE_PUBLISHABLE_KEY": "pk_live_example",
        "STRIPE_WEBHOOK_SECRET": "whsec_example",
        "WAREHOUSE_API_URL": "https://warehouse.example/api",
        "WAREHOUSE_API_KEY": "a-key-of-the-warehouse",
        "WAREHOUSE_WEBHOOK_SECRET": "a-secret-of-the-warehouse",
        "KINTONE_URL": "https://station.cybozu.example",
        "KINTONE_API_TOKEN": "a-token-of-the-app",
        "INVOICE_REGISTRATION_NUMBER": "T9876543210987",
        "OIDC_PRIVATE_KEY": _signing_key(),
    }


def _signing_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
