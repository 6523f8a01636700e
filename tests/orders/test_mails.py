"""The mails of an order: whole in both languages, as text and as HTML, without a picture."""

import re
from email.message import Message

import pytest
from django.urls import reverse
from django.utils import translation

from orders.models import Order
from orders.services import inbox
from orders.services.checkout import place_order
from orders.services.pricing import quote
from shop.models import StockItem, StockReservation
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_japanese")]
SIX = {
    "ja": (
        "商品と数量",
        "お支払い総額",
        "お支払いの時期と方法",
        "お届け・提供の時期",
        "お申し込みの期間",
        "キャンセル・返品",
    ),
    "en": (
        "What and how many",
        "Total to pay",
        "When and how you pay",
        "When you receive it",
        "How long this order can be made",
        "Cancellation and returns",
    ),
}


def ordered(world, user, *things, language="ja") -> Order:
    """An order made on pages in `language`."""
    cart = world.cart_of(user, *things)
    cart.refresh_from_db()
    lines = list(cart.lines.select_related("variant__product", "offer__title"))
    shown = quote(lines, prefecture=cart.ship_to.prefecture if cart.ship_to else None, now=world.now)
    with translation.override(language):
        return place_order(
            cart=cart,
            user=user,
            digest=shown.digest_to(cart.ship_to),
            method="element",
            origin="http://testserver",
            language=language,
            now=world.now,
        )


def bought(world, user, *things, language="ja") -> Order:
    order = ordered(world, user, *things, language=language)
    world.pay(order)
    world.work(order)
    order.refresh_from_db()
    return order


def html_of(mail) -> str:
    part = next(part for part in mail.alternatives if part[1] == "text/html")
    return str(part[0])


def send_everything(world, order) -> None:
    made = order.fulfillment_orders.get()
    lines = {str(line.order_line.reference): line.quantity for line in made.lines.all()}
    parcel = world.warehouse.ship(str(made.reference), lines)
    payload = {"id": parcel.external_id, "reference": str(made.reference), "shipment": parcel.external_id}
    event, _ = inbox.store(source="warehouse", event_id=parcel.external_id, kind="x", payload=payload, now=world.now)
    inbox.process(event.pk, now=world.now)
    world.work(order)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_confirmation_says_what_the_law_asks_for(world, alice, mug, film, settings, language):
    order = bought(world, alice, mug, film, language=language)
    [mail] = world.mails
    document = order.tax_documents.get()
    assert order.number in mail.subject
    for text in (mail.body, html_of(mail)):
        for heading in SIX[language]:
            assert heading in text
        for needed in (
            order.number,
            settings.INVOICE_ISSUER,
            settings.INVOICE_REGISTRATION_NUMBER,
            document.number,
            settings.SELLER_PHONE,
            settings.SELLER_EMAIL,
            settings.SELLER_ADDRESS if language == "ja" else settings.SELLER_ADDRESS_EN,
            settings.SITE_URL + order.get_absolute_url(),
            settings.SITE_URL + reverse("cms:page", args=["contact"]),
            settings.SITE_URL + reverse("cms:page", args=["tokushoho"]),
            settings.SITE_URL + reverse("vod:watch", args=[film.title.slug]),
            "髙橋 𠮷乃",
            "3,110円" if language == "ja" else "¥3,110",
        ):
            assert needed in text


def test_the_confirmation_says_until_when_a_film_must_be_begun(world, alice, film):
    bought(world, alice, film)
    [mail] = world.mails
    day = re.search(r"(\d{4}年\d+月\d+日（.）\d\d:\d\d)までに視聴を開始", mail.body)
    assert day
    assert "30日以内" in mail.body


def test_each_language_is_spoken_alone(world, alice, bob, mug):
    bought(world, alice, mug)
    bought(world, bob, mug, language="en")
    japanese, english = world.mails
    assert japanese.subject.startswith("【みなと放送】")
    assert english.subject.startswith("[Minato Broadcasting]")
    assert '<html lang="ja">' in html_of(japanese)
    assert '<html lang="en">' in html_of(english)
    assert "Goma-kun mug" in english.body
    assert not re.search(r"[ぁ-ん]", english.body.replace("株式会社みなと放送", ""))  # a registered name stays


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_mail_about_parcels_tells_how_to_follow_them(world, alice, mug, language):
    order = bought(world, alice, mug, language=language)
    send_everything(world, order)
    mail = world.mails[-1]
    assert order.number in mail.subject
    for text in (mail.body, html_of(mail)):
        assert "12345678901" in text
        assert "kuronekoyamato.co.jp" in text
        assert ("ヤマト運輸" if language == "ja" else "Yamato Transport") in text
        assert order.get_absolute_url() in text
        assert SIX[language][-1] in text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_mail_about_money_given_back_says_how_much(world, alice, mug, settings, language):
    order = ordered(world, alice, mug, language=language)
    StockReservation.objects.update(state=StockReservation.State.EXPIRED)
    StockItem.objects.update(reserved=0, on_hand=0)
    world.pay(order)
    world.work(order)
    [mail] = world.mails
    assert order.number in mail.subject
    for text in (mail.body, html_of(mail)):
        assert ("2,780円" if language == "ja" else "¥2,780") in text
        assert settings.SELLER_PHONE in text
        assert "stock is gone" not in text  # the reason for staff is not for buyers


def test_a_mail_is_whole_without_pictures_by_day_and_by_night(world, alice, mug):
    bought(world, alice, mug)
    html = html_of(world.mails[0])
    assert "<img" not in html
    assert "http-equiv" not in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "prefers-color-scheme: dark" in html


def test_text_is_text_and_html_is_escaped(world, alice, mug):
    tea = builders.variant(builders.product(name="茶 & <器> 'A'", name_en=""), label="")
    bought(world, alice, tea)
    [mail] = world.mails
    assert "茶 & <器> 'A'" in mail.body
    assert "茶 &amp; &lt;器&gt;" in html_of(mail)
    assert "<time" not in mail.body


def test_rare_kanji_reach_the_mailbox(world, alice, mug):
    bought(world, alice, mug)
    message: Message = world.mails[0].message()
    text = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    assert "髙橋 𠮷乃" in text.get_payload(decode=True).decode("utf-8")
