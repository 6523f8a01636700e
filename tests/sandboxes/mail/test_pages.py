import base64
import hashlib
import re

from tests.sandboxes.mail.sender import letter

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_the_mailbox_lists_letters_and_finds_them_by_recipient(mail):
    one = letter(to="Alice.Find@example.com", subject="一通目")
    other = letter(to="bob.find@example.com", subject="二通目")
    mail.send(one)
    mail.send(other)
    everything = mail.standin.get("/").text
    assert "一通目" in everything
    assert "二通目" in everything
    alices = mail.standin.get("/", params={"to": "alice.find"}).text
    assert "一通目" in alices
    assert "二通目" not in alices
    assert "一通目" not in mail.standin.get("/", params={"to": "%"}).text


def test_a_letter_is_shown_with_its_parts(mail):
    message = letter(text="本文 https://minato.example/orders/1/ です。")
    message.add_alternative("<p>HTML です。</p>", subtype="html")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="領収書.pdf")
    mail.send(message)
    page = mail.page(message)
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert "領収書.pdf" in page.text
    assert '<a href="https://minato.example/orders/1/"' in page.text
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]


def test_a_letters_html_keeps_its_styles_and_loses_its_scripts(mail):
    message = letter()
    html = (
        '<html><head><style>.a { color: red }</style></head><body onload="x()"><script>alert(1)</script>'
        '<p class="a" style="font-size: 20px">大きな &amp; 文字</p><img src="cid:logo" alt="印"><br/></body></html>'
    )
    message.add_alternative(html, subtype="html")
    message.get_payload()[1].add_related(PNG, maintype="image", subtype="png", cid="<logo>")
    mail.send(message)
    shown = mail.page(message, "html")
    policy = shown.headers["Content-Security-Policy"]
    sheet = re.search("<style>(.*?)</style>", shown.text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy
    assert policy.startswith("sandbox allow-popups")
    assert "unsafe" not in policy
    assert ".a { color: red }" in sheet
    assert '[data-inline-style="1"]{font-size: 20px}' in sheet
    assert "alert(1)" not in shown.text
    assert "大きな &amp; 文字" in shown.text
    assert f"data:image/png;base64,{base64.b64encode(PNG).decode()}" in shown.text


def test_a_style_cannot_break_out_of_the_sheet(mail):
    message = letter()
    message.add_alternative('<p style="color:red}</style><script>x</script>">a</p>', subtype="html")
    mail.send(message)
    assert mail.page(message, "html").text.count("</style>") == 1


def test_what_is_written_in_a_letter_is_never_markup(mail):
    message = letter(subject="<script>alert(1)</script>", text="<script>alert(2)</script>")
    mail.send(message)
    for page in (mail.page(message), mail.standin.get("/")):
        assert "<script>" not in page.text
        assert "&lt;script&gt;" in page.text


def test_an_unknown_letter_is_not_found(mail):
    for path in ("/messages/999999/", "/messages/999999/html", "/messages/999999999999999999999999/", "/messages/x/"):
        assert mail.standin.get(path).status_code == 404


def test_the_api_filters_and_limits(mail):
    for number in range(3):
        mail.send(letter(to="limited@example.com", subject=f"件名{number}"))
    assert [kept["subject"] for kept in mail.found(to="limited", limit="2")] == ["件名2", "件名1"]
    assert [kept["subject"] for kept in mail.found(to="limited", subject="名0")] == ["件名0"]
    for limit in ("0", "-1", "x", "5001"):
        assert mail.standin.get("/api/messages.json", params={"limit": limit}).status_code == 400
