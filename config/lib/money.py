"""Money: whole numbers in the currency's minor unit. Yen has no smaller unit, so an amount is yen itself."""

from collections.abc import Sequence

from django.utils.translation import get_language


def yen(amount: int) -> str:
    """The amount as a person reads it: 「1,980円」 on a Japanese page, "¥1,980" on an English one."""
    return f"¥{amount:,}" if (get_language() or "ja").startswith("en") else f"{amount:,}円"


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """Shares of `total` in proportion to `weights`, whole yen, summing to `total` exactly.

    Largest remainder: each share is rounded down, then the yen left over go to the largest fractions, the earlier
    first. With no weight at all, everything falls to the first share.
    """
    if not weights:
        if total:
            raise ValueError(f"{total} yen cannot be spread over nothing")
        return []
    whole = sum(weights)
    if whole == 0:
        return [total] + [0] * (len(weights) - 1)
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares
