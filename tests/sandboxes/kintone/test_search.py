import pytest

from tests.sandboxes.kintone.connector import PATH, TOKEN, errors_of, key, record


@pytest.fixture
def orders(kintone):
    """Three placements of a handler of their own: 100, 900 and 2,000 yen."""
    handler = key()
    totals = {f"{handler}-{total}"[-60:]: total for total in ("900", "2000", "100")}
    kintone.put(*[record(name, handler=handler, total=total) for name, total in totals.items()])
    return handler


def _totals(answer):
    return [found["total"]["value"] for found in answer.json()["records"]]


def test_records_are_found_by_a_field(kintone, orders):
    assert sorted(_totals(kintone.get(f'handler = "{orders}"'))) == ["100", "2000", "900"]
    assert _totals(kintone.get(f'handler = "{orders}" and total >= 900 and total != "2000"')) == ["900"]
    assert sorted(_totals(kintone.get(f'handler = "{orders}" and total in ("100", "900")'))) == ["100", "900"]
    assert _totals(kintone.get('handler = "nobody"')) == []


def test_numbers_are_ordered_as_numbers_and_pages_cut(kintone, orders):
    by_total = f'handler = "{orders}" order by total asc'
    assert _totals(kintone.get(by_total)) == ["100", "900", "2000"]
    assert _totals(kintone.get(f"{by_total} limit 1 offset 1")) == ["900"]


def test_the_newest_comes_first_without_an_order(kintone, orders):
    assert _totals(kintone.get(f'handler = "{orders}"')) == ["100", "2000", "900"]


def test_the_total_is_counted_when_asked_for(kintone, orders):
    query = f'handler = "{orders}" limit 1'
    assert kintone.get(query).json()["totalCount"] is None
    assert kintone.get(query, totalCount="true").json()["totalCount"] == "3"


def test_only_the_fields_asked_for_are_given(kintone, orders):
    parameters = {"fields[0]": "total", "fields[1]": "$id"}
    found = kintone.get(f'handler = "{orders}"', **parameters).json()["records"]
    assert all(set(each) == {"total", "$id"} for each in found)


def test_a_quote_in_a_value_is_not_the_end_of_it(kintone):
    reference = key()
    kintone.put(record(reference, customer_name='"太" \\ 郎'))
    found = kintone.get(f'customer_name = "\\"太\\" \\\\ 郎" and placement_reference = "{reference}"')
    assert len(found.json()["records"]) == 1


def test_a_value_is_never_sql(kintone, orders):
    assert kintone.get("handler = \"x' OR '1' = '1\"").json()["records"] == []


@pytest.mark.parametrize(
    "query",
    ["handler", "handler =", 'handler = "x', "handler ~ 1", 'handler = "x" or total = 1', "limit x", "total = a"],
)
def test_a_query_that_cannot_be_read_is_refused(kintone, query):
    assert errors_of(kintone.get(query)) == {"query": ["クエリ記法が間違っています。"]}


@pytest.mark.parametrize(
    ("query", "code"),
    [('nothing = "x"', "GAIA_IQ11"), ("limit 501", "GAIA_QU01"), ("offset 10001", "GAIA_QU02")],
)
def test_a_query_beyond_the_app_or_the_limits_is_refused(kintone, query, code):
    answer = kintone.get(query)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_search_may_come_in_a_body_but_must_not_only_promise_one(kintone, orders):
    body = {"app": "1", "query": f'handler = "{orders}"', "fields": ["total"]}
    assert len(kintone.standin.get(PATH, json=body, headers=TOKEN).json()["records"]) == 3
    promised = kintone.standin.get(PATH, params={"app": 1}, headers=TOKEN | {"Content-Type": "application/json"})
    assert (promised.status_code, promised.json()["code"]) == (400, "CB_IJ01")


def test_a_search_needs_the_token_and_the_app(kintone):
    assert kintone.standin.get(PATH, params={"app": 1}).json()["code"] == "CB_AU01"
    assert kintone.get(app=9).json()["code"] == "GAIA_AP15"
    assert list(errors_of(kintone.get(app="abc"))) == ["app"]
