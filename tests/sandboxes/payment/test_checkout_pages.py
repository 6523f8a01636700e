"""The hosted page with JavaScript off: read, typed into, declined, authenticated, paid, left."""

import re
import threading
import time

import pytest
import stripe

from tests.sandboxes.payment.conftest import client_for
from tests.sandboxes.payment.shopper import AUTHENTICATED, DECLINED, Shopper, basket, card


@pytest.fixture
def session(api):
    return api.checkout.sessions.create(basket())


def values(page):
    return dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', page.text))


def test_a_session_is_unpaid_and_has_no_intent_yet(session):
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency) == (1930, "jpy")


def test_the_page_shows_the_lines_the_total_and_the_way_back(session, alice):
    page = alice.open(session.url)
    assert page.status_code == 200
    for shown in ("マグカップ", "¥1,600", "¥1,930", "数量 2 × ¥800", 'href="http://shop.test/cart/"'):
        assert shown in page.text
    assert "<script>" not in page.text
    assert "style=" not in page.text


def test_the_page_speaks_the_sessions_language(api, alice):
    page = alice.open(api.checkout.sessions.create(basket(locale="en")).url)
    assert '<html lang="en">' in page.text
    assert "Card number" in page.text


def test_what_a_line_is_called_cannot_become_markup(api, alice):
    wanted = basket()
    wanted["line_items"][0]["price_data"]["product_data"]["name"] = "<script>alert(1)</script>"
    assert "&lt;script&gt;" in alice.open(api.checkout.sessions.create(wanted).url).text


def test_paid_she_is_sent_to_the_shop_with_the_sessions_id(api, session, alice):
    answer = alice.send(session.url, **card())
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"http://shop.test/done/?session={session.id}"
    after = api.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert (after.status, after.payment_status, after.url) == ("complete", "paid", None)
    assert after.payment_intent.latest_charge.amount == 1930
    assert after.customer_details.email == "alice@example.com"
    assert [found.id for found in api.checkout.sessions.list({"payment_intent": after.payment_intent.id})] == [
        session.id
    ]


def test_a_decline_is_shown_and_what_was_typed_is_kept_but_for_the_cvc(api, session, alice):
    page = alice.send(session.url, **card(DECLINED, name="A. AOKI"))
    assert page.status_code == 402
    assert "カードが拒否されました。" in page.text
    assert values(page) == {
        "email": "alice@example.com", "number": DECLINED, "expiry": "12 / 34", "name": "A. AOKI",
    }  # fmt: skip
    assert page.headers["Cache-Control"] == "no-store"
    assert alice.send(session.url, **card()).status_code == 303
    intent = api.checkout.sessions.retrieve(session.id).payment_intent
    assert [charge.status for charge in api.charges.list({"payment_intent": intent})] == ["succeeded", "failed"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"number": "4242 4242 4242 4241"}, "カード番号が正しくありません。"),
        ({"number": ""}, "カード番号を最後まで入力してください。"),
        ({"expiry": "1"}, "有効期限を「月 / 年」で入力してください。"),
        ({"expiry": "01/20"}, "有効期限の年が無効です。"),
        ({"cvc": ""}, "セキュリティコードを最後まで入力してください。"),
        ({"email": "alice"}, "メールアドレスを「name@example.com」の形で入力してください。"),
    ],
)
def test_a_wrong_field_is_told_beside_it_and_nothing_is_tried(api, session, alice, changes, sentence):
    page = alice.send(session.url, **card(**changes))
    assert page.status_code == 422
    assert sentence in page.text
    assert 'aria-invalid="true"' in page.text
    assert api.checkout.sessions.retrieve(session.id).payment_intent is None


def test_a_known_email_is_not_asked_for(api, alice):
    session = api.checkout.sessions.create(basket(customer_email="alice@example.com"))
    assert 'name="email"' not in alice.open(session.url).text
    assert alice.send(session.url, **card()).status_code == 303


def test_through_the_bank_she_comes_to_the_shop(api, session, alice):
    bank = alice.send(session.url, **card(AUTHENTICATED)).headers["Location"]
    back = alice.answer_bank(bank, result="pass").headers["Location"]
    assert api.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert alice.open(back).headers["Location"] == f"http://shop.test/done/?session={session.id}"


def test_failed_at_the_bank_she_is_back_at_the_form_with_the_reason(api, session, alice):
    bank = alice.send(session.url, **card(AUTHENTICATED)).headers["Location"]
    back = alice.answer_bank(bank, result="fail").headers["Location"]
    page = alice.open(alice.sandbox.url + alice.open(back).headers["Location"])
    assert "本人認証ができませんでした" in page.text
    assert api.checkout.sessions.retrieve(session.id).status == "open"
    assert alice.send(session.url, **card()).status_code == 303


def test_a_second_submit_goes_to_the_shop_without_a_second_charge(api, session, alice):
    first, second = (alice.send(session.url, **card()) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    intent = api.checkout.sessions.retrieve(session.id).payment_intent
    assert len(api.charges.list({"payment_intent": intent}).data) == 1


def test_eight_submits_at_once_are_one_charge(api, session, sandbox):
    barrier, answers = threading.Barrier(8), []

    def submit():
        buyer = Shopper(sandbox)
        barrier.wait()
        answers.append(buyer.send(session.url, **card()))

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.headers["Location"] for answer in answers} == {f"http://shop.test/done/?session={session.id}"}
    intent = api.checkout.sessions.retrieve(session.id).payment_intent
    assert [charge.amount for charge in api.charges.list({"payment_intent": intent})] == [1930]


def test_a_paid_session_shows_that_it_is_paid_and_cannot_expire(api, session, alice):
    alice.send(session.url, **card())
    assert "お支払いが完了しました" in alice.open(session.url).text
    with pytest.raises(stripe.InvalidRequestError, match="status of complete"):
        api.checkout.sessions.expire(session.id)


def test_an_expired_session_takes_no_money(api, session, alice):
    alice.send(session.url, **card(DECLINED))
    intent = api.checkout.sessions.retrieve(session.id).payment_intent
    expired = api.checkout.sessions.expire(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    assert api.payment_intents.retrieve(intent).status == "canceled"
    answer = alice.send(session.url, **card())
    assert answer.status_code == 303
    page = alice.open(session.url)
    assert (page.status_code, "この手続きの期限が切れました" in page.text) == (410, True)
    assert [charge.status for charge in api.charges.list({"payment_intent": intent})] == ["failed"]


def test_expired_while_she_is_at_the_bank_nothing_is_charged(api, session, alice):
    bank = alice.send(session.url, **card(AUTHENTICATED)).headers["Location"]
    api.checkout.sessions.expire(session.id)
    alice.send(bank, result="pass")
    intent = api.checkout.sessions.retrieve(session.id).payment_intent
    assert api.charges.list({"payment_intent": intent}).data == []


def test_a_sessions_time_runs_out_by_the_ledgers_clock(own_sandbox):
    api, buyer = client_for(own_sandbox), Shopper(own_sandbox)
    session = api.checkout.sessions.create(basket(expires_at=int(time.time()) + 1800))
    own_sandbox.post("/sandbox/clock", json={"advance": 1801})
    buyer.send(session.url, **card())
    assert buyer.open(session.url).status_code == 410
    assert api.checkout.sessions.retrieve(session.id).status == "expired"
    assert own_sandbox.book()["totals"]["charges_succeeded"] == 0


@pytest.mark.parametrize("ahead", [600, 25 * 3600])
def test_a_session_lives_between_30_minutes_and_a_day(api, ahead):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.checkout.sessions.create(basket(expires_at=int(time.time()) + ahead))
    assert refused.value.param == "expires_at"


def test_an_intent_of_a_session_is_left_to_the_session(api, session, alice):
    alice.send(session.url, **card(DECLINED))
    intent = api.checkout.sessions.retrieve(session.id).payment_intent
    with pytest.raises(stripe.InvalidRequestError, match="created by a Checkout Session"):
        api.payment_intents.cancel(intent)


def test_the_lines_can_be_asked_for(api, session):
    lines = api.checkout.sessions.line_items.list(session.id).data
    assert [(line.description, line.quantity, line.amount_total) for line in lines] == [
        ("マグカップ", 2, 1600),
        ("レンタル「海の音」第1話", 1, 330),
    ]


def test_an_intents_data_comes_from_the_session(api, alice):
    data = {"metadata": {"order": "H-9"}, "description": "Hitotsu H-9", "receipt_email": "alice@example.com"}
    session = api.checkout.sessions.create(basket(payment_intent_data=data))
    alice.send(session.url, **card())
    intent = api.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]}).payment_intent
    assert (intent.metadata["order"], intent.description) == ("H-9", "Hitotsu H-9")


def test_the_page_lets_its_form_lead_to_the_shop_and_cannot_be_framed(session, alice):
    policy = alice.open(session.url).headers["Content-Security-Policy"]
    assert "form-action 'self' http://shop.test;" in policy
    assert "frame-ancestors 'none'" in policy


def test_a_session_that_is_none_is_not_found(alice):
    assert alice.open(f"{alice.sandbox.url}/c/pay/cs_test_none").status_code == 404
