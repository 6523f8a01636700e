"""One purchase from sign-up to the doorstep, through HTTP alone: no mocks, no sleeps, real workers and receivers."""

import re
from urllib.parse import urljoin

import pytest

from tests.service import until

pytestmark = pytest.mark.stack

DECLINED, THREE_D_SECURE, GOOD = "4000000000000002", "4000002760003184", "4242424242424242"


def test_a_person_signs_up_rents_buys_pays_watches_and_gets_a_parcel(service, visitor, address):
    visitor.rent("first-boat")
    visitor.add("goma-mug", sku="GM-MUG-WHT", quantity=2)
    visitor.sign_up(address)
    visitor.open("/cart/")
    assert "朝市のいちばん船" in visitor.page.text  # the guest's cart came along
    assert "ゴマくんマグカップ" in visitor.page.text

    visitor.write_address()
    assert "髙橋 𠮷乃" in visitor.page.text
    placed = visitor.press_order_button()
    number = placed["order"]

    declined = visitor.confirm_card(placed, DECLINED)
    assert declined.status_code == 402
    assert service.ledgers.charges(number) == 0

    challenged = visitor.confirm_card(placed, THREE_D_SECURE).json()
    assert challenged["status"] == "requires_action"
    visitor.authenticate(challenged["next_action"]["redirect_to_url"]["url"])
    assert visitor.number_of_order() == number
    assert "ご注文ありがとうございます" in visitor.page.text or "支払い" in visitor.page.text

    until(lambda: service.ledgers.instructions(number) == 1, what="the instruction at the warehouse")
    until(lambda: service.ledgers.mails(number, "order_confirmed") == 1, what="the confirmation")
    assert service.ledgers.charges(number) == 1
    assert until(lambda: service.ledgers.records(number) == 2, what="both handlers' records in the back office")
    document = service.shell(
        f"from orders.models import TaxDocument as T; d = T.objects.get(order__number={number!r});"
        "print(d.total, [(s.rate, s.gross, s.tax) for s in d.summaries.all()])"
    )
    assert document == "5060 [(10, 5060, 460)]"  # 330 + 2 × 1,980 + 770 to Hokkaido

    watch(visitor, "first-boat")

    service.ship(number, {"GM-MUG-WHT": 1})
    until(lambda: "一部" in visitor.open(f"/orders/{number}/").text, what="the first parcel on the page")
    service.ship(number, {"GM-MUG-WHT": 1})
    until(lambda: service.ledgers.mails(number, "order_shipped") == 2, what="a mail for each parcel")
    ask = f"from orders.models import Order as O; print(O.objects.get(number={number!r}).state)"
    assert until(lambda: service.shell(ask) == "completed", what="the end of the order")
    assert service.ledgers.charges(number) == service.ledgers.instructions(number) == 1


def watch(visitor, slug):
    """Confirm the first play, then fetch what a player fetches: playlists, a segment, its key."""
    visitor.open(f"/watch/{slug}/")
    visitor.submit(f"/watch/{slug}/begin/")
    found = re.search(r'[^"\']*/media/hls/[^"\']+/master\.m3u8', visitor.page.text)
    assert found, visitor.page.text
    master = visitor.open(found[0])
    assert master.text.startswith("#EXTM3U")
    rendition = urljoin(master.url, next(line for line in master.text.splitlines() if line and line[0] != "#"))
    playlist = visitor.open(rendition)
    key = urljoin(rendition, re.search(r'URI="([^"]+)"', playlist.text)[1])
    segment = urljoin(rendition, next(line for line in playlist.text.splitlines() if line and line[0] != "#"))
    assert len(visitor.open(key).content) == 16
    assert visitor.open(segment).content

    stranger = type(visitor)(visitor.service)
    for url in (master.url, rendition, key, segment):
        answer = stranger.open(url)
        assert answer.status_code == 403
        assert len(answer.content) != 16


def test_without_javascript_the_providers_own_page_leads_to_the_paid_order(service, visitor, address):
    visitor.sign_up(address)
    visitor.rent("foggy-soup")
    visitor.open("/checkout/")
    visitor.submit("/checkout/place/")  # the form as it stands, untouched by any script
    assert "/c/pay/" in visitor.page.url
    form = visitor.form("/c/pay/")
    typed = {"number": GOOD, "expiry": "12 / 34", "cvc": "123", "name": "ALICE"}
    visitor.submit("/c/pay/", **{name: value for name, value in typed.items() if name in form["fields"]})
    number = visitor.number_of_order()
    until(lambda: service.ledgers.mails(number, "order_confirmed") == 1, what="the confirmation")
    assert service.ledgers.charges(number) == 1
