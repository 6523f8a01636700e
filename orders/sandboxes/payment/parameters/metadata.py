"""Metadata: up to 50 keys of the caller's own. Source: https://docs.stripe.com/api/metadata."""

from typing import Any

from orders.sandboxes.payment.errors import Refusal

MOST_KEYS, LONGEST_KEY, LONGEST_VALUE = 50, 40, 500


def merged(current: dict[str, str], given: Any) -> dict[str, str]:
    """Return the metadata after an update: an empty value unsets its key, an empty whole unsets all."""
    if given == "":
        return {}
    together = current | dict(given or {})
    kept = {key: value for key, value in together.items() if value != ""}
    _check(kept)
    return kept


def _check(metadata: dict[str, str]) -> None:
    if len(metadata) > MOST_KEYS:
        raise Refusal(f"Metadata can have up to {MOST_KEYS} keys, but you passed {len(metadata)}.", param="metadata")
    for key, value in metadata.items():
        if len(key) > LONGEST_KEY:
            raise Refusal(
                f"Metadata keys can have up to {LONGEST_KEY} characters, but '{key}' has {len(key)}.", param="metadata"
            )
        if len(value) > LONGEST_VALUE:
            raise Refusal(
                f"Metadata values can have up to {LONGEST_VALUE} characters, but you passed in a value that is"
                f" {len(value)} characters. Key: {key}",
                param=f"metadata[{key}]",
            )
