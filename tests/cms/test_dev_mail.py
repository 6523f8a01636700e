"""The mailbox of the mail sandbox inside the site, against a sandbox that runs as its own process."""

import re

import pytest

from tests.sandboxes.mail.sender import Sender, letter
from tests.sandboxes.standin import StandIn

CODE_MAIL = "サインインのページに入力してください。\n\n    048213\n\nこのコードは 10 分間有効です。"


@pytest.fixture(scope="module")
def _running(tmp_path_factory):
    standin = StandIn("mail", tmp_path_factory.mktemp("mail") / "ledger.sqlite3")
    yield standin
    standin.close()


@pytest.fixture
def box(_running, settings, db) -> Sender:
    settings.MAIL_SANDBOX_URL = _running.url
    return Sender(_running)


def _page(client, address: str = "/dev/mail/") -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def _sent(box: Sender, **parts: str) -> int:
    message = letter(**parts)
    box.send(message)
    return box.kept(message)["id"]


def test_mails_are_listed_the_newest_first(client, box):
    first, second = _sent(box, subject="一通目"), _sent(box, subject="二通目")
    page = _page(client)
    assert page.index(f'href="/dev/mail/{second}/"') < page.index(f'href="/dev/mail/{first}/"')
    assert "二通目" in page


def test_a_recipient_is_found_by_a_part_of_the_address(client, box):
    _sent(box, to="carol@example.com", subject="キャロル様宛て")
    _sent(box, to="dave@example.com", subject="デーブ様宛て")
    page = _page(client, "/dev/mail/?to=CAROL@")
    assert "キャロル様宛て" in page
    assert "デーブ様宛て" not in page
    assert 'value="CAROL@"' in page
    assert "“nobody@x”" in _page(client, "/dev/mail/?to=nobody@x&hl=en")


def test_a_code_stands_out_in_the_list_and_on_its_page(client, box):
    number = _sent(box, to="code@example.com", subject="サインインのコード", text=CODE_MAIL)
    for address in ("/dev/mail/?to=code@", f"/dev/mail/{number}/"):
        assert re.search(
            r'<strong class="dev-mail-code">(<span[^>]*>[^<]*</span>)?048213</strong>', _page(client, address)
        )


def test_six_digits_of_something_else_are_no_code(client, box):
    number = _sent(box, to="sum@example.com", text="合計 123456 円\n伝票番号 1234567\n1234567\n")
    assert "dev-mail-code" not in _page(client, f"/dev/mail/{number}/")


def test_older_mails_are_on_the_next_page(client, box):
    numbers = [_sent(box, to="many@example.com") for _ in range(32)]
    page = _page(client, "/dev/mail/?to=many@")
    assert len(re.findall(r'href="/dev/mail/\d+/"', page)) == 30
    [older] = re.findall(r'href="\?([^"]+)" rel="next"', page)
    rest = _page(client, f"/dev/mail/?{older.replace('&amp;', '&')}")
    assert re.findall(r'href="/dev/mail/(\d+)/"', rest) == [str(numbers[1]), str(numbers[0])]


def test_a_mail_is_shown_as_text_with_links_and_never_as_markup(client, box):
    number = _sent(box, subject="<b>件名</b>", text="<script>alert(1)</script>\nhttps://www.example.com/orders/\n")
    page = _page(client, f"/dev/mail/{number}/")
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;b&gt;件名" in page
    assert 'href="https://www.example.com/orders/"' in page
    assert "<iframe" not in page, "there is no HTML in it"


def test_the_html_of_a_mail_has_a_frame_that_can_do_nothing(client, box):
    message = letter(subject="HTML のメール")
    message.add_alternative(
        '<p style="color:#a00" onclick="steal()">こんにちは</p><script>steal()</script>', subtype="html"
    )
    box.send(message)
    number = box.kept(message)["id"]
    response = client.get(f"/dev/mail/{number}/")
    [frame] = re.findall(r"<iframe[^>]*>", response.content.decode())
    assert f'src="/dev/mail/{number}/html"' in frame
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame
    assert re.search(r"frame-src [^;]*'self'", response["Content-Security-Policy"])
    shown = client.get(f"/dev/mail/{number}/html")
    policy = dict(part.strip().partition(" ")[::2] for part in shown["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["style-src"].startswith("'sha256-")
    assert policy["frame-ancestors"] == "'self'"
    assert "script-src" not in policy
    assert "unsafe" not in shown["Content-Security-Policy"]
    assert shown["X-Frame-Options"] == "SAMEORIGIN"
    assert "<script" not in shown.content.decode()
    assert "color:#a00" in shown.content.decode()


def test_no_other_page_may_be_framed_or_frame_us(client, box):
    response = client.get("/dev/mail/")
    assert response["X-Frame-Options"] == "DENY"
    assert "'self'" not in re.search(r"frame-src ([^;]*)", response["Content-Security-Policy"])[1]


@pytest.mark.parametrize("address", ["999999/", "999999/html", "9999999999999999999999/", "99999999999999999999/html"])
def test_a_mail_that_is_not_there_is_not_found(client, box, address):
    assert client.get(f"/dev/mail/{address}").status_code == 404


ADDRESSES = ["/dev/mail/", "/dev/mail/1/", "/dev/mail/1/html"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_there_is_no_mailbox_in_production_nor_without_a_sandbox(client, box, settings, address):
    _sent(box)
    settings.PRODUCTION = True
    assert client.get(address).status_code == 404
    settings.PRODUCTION, settings.MAIL_SANDBOX_URL = False, ""
    assert client.get(address).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_sandbox_that_is_away_is_said_in_a_sentence(client, settings, address):
    settings.MAIL_SANDBOX_URL = "http://127.0.0.1:1"
    response = client.get(f"{address}?hl=en")
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "Nothing answers at http://127.0.0.1:1." in response.content.decode()


def test_something_else_in_its_place_is_told_from_it(client, box, settings):
    settings.MAIL_SANDBOX_URL = f"{box.standin.url}/sandbox/ledger.json?"  # JSON, but of another kind
    response = client.get("/dev/mail/1/?hl=en")
    assert response.status_code == 503
    assert "no mail sandbox" in response.content.decode()


def test_mails_are_only_read(client, box):
    for address in ADDRESSES:
        assert client.post(address).status_code == 405
