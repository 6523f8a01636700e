"""Money adds up, and tax is taken once per rate."""

from datetime import date

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from config.lib import tax
from config.lib.money import spread, yen
from config.lib.tax import RateSummary, TaxCategory

amounts = st.integers(0, 999_999_999)


@given(total=amounts, weights=st.lists(amounts, min_size=1, max_size=30))
def test_shares_add_up_to_the_yen(total, weights):
    shares = spread(total, weights)
    assert sum(shares) == total
    assert len(shares) == len(weights)


@given(total=amounts, weights=st.lists(st.integers(1, 10_000), min_size=1, max_size=30))
def test_no_share_is_a_yen_away_from_its_proportion(total, weights):
    for share, weight in zip(spread(total, weights), weights, strict=True):
        assert abs(share - total * weight / sum(weights)) < 1


@st.composite
def discounts(draw):
    """Lines, and an amount that is taken off them: never more than they come to."""
    weights = draw(st.lists(st.integers(0, 99_999), min_size=1, max_size=30))
    return draw(st.integers(0, sum(weights))), weights


@given(discounts())
def test_nothing_is_taken_off_a_line_that_it_does_not_have(discount):
    total, weights = discount
    shares = spread(total, weights)
    assert all(0 <= share <= weight for share, weight in zip(shares, weights, strict=True))
    assert spread(total, weights) == shares


@given(discounts())
def test_of_equal_lines_the_earlier_one_has_the_yen_that_is_left_over(discount):
    total, weights = discount
    for equal in set(weights):
        shares = [share for share, weight in zip(spread(total, weights), weights, strict=True) if weight == equal]
        assert shares == sorted(shares, reverse=True)
        assert shares[0] - shares[-1] <= 1


@given(total=amounts, weight=amounts)
def test_a_single_line_takes_all(total, weight):
    assert spread(total, [weight]) == [total]


def test_left_over_yen_go_to_the_largest_fractions():
    assert spread(100, [1, 1, 1]) == [34, 33, 33]
    assert spread(10, [5, 3, 3]) == [4, 3, 3]
    assert spread(7, [0, 0]) == [7, 0]


def test_something_cannot_be_spread_over_nothing():
    assert spread(0, []) == []
    with pytest.raises(ValueError, match="nothing"):
        spread(1, [])


@pytest.mark.parametrize(("language", "text"), [("ja", "1,980円"), ("en", "¥1,980")])
def test_yen_reads_as_people_write_it(language, text):
    with translation.override(language):
        assert yen(1980) == text


def test_tax_is_rounded_down_once_for_each_rate():
    # Three lines of 108 yen at 8 %: taxed one by one they would give 8 each; together 324 × 8 / 108 = 24.
    # Three of 105 yen at 10 %: 9 each one by one, but 28 together.
    lines = [(8, 108)] * 3 + [(10, 105)] * 3
    assert tax.summarise(lines) == [RateSummary(10, 315, 28), RateSummary(8, 324, 24)]


@given(lines=st.lists(st.tuples(st.sampled_from([8, 10]), st.integers(1, 1_000_000)), max_size=40))
def test_the_sums_per_rate_are_the_whole(lines):
    summaries = tax.summarise(lines)
    assert sum(one.gross for one in summaries) == sum(amount for _, amount in lines)
    for one in summaries:
        assert one.tax == one.gross * one.rate // (100 + one.rate)


def test_the_rate_is_that_of_the_day():
    assert tax.rate_for(TaxCategory.STANDARD, date(2019, 9, 30)) == 8
    assert tax.rate_for(TaxCategory.STANDARD, date(2019, 10, 1)) == 10
    assert tax.rate_for(TaxCategory.REDUCED, date(2026, 11, 24)) == 8
    with pytest.raises(ValueError, match="No tax rate"):
        tax.rate_for(TaxCategory.STANDARD, date(1990, 1, 1))
