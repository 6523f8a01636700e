import smtplib
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandboxes.mail.sender import STATION, Sender, letter
from tests.sandboxes.standin import StandIn


def test_a_letter_in_japanese_is_kept_readable_and_raw(mail):
    message = letter(to="alice@example.com", subject="【みなと放送】ご注文の確認（H-2026-1）")
    message.add_alternative("<p>本文です。<strong>𠮷田</strong>様</p>", subtype="html")
    message.add_attachment("領収書".encode(), maintype="application", subtype="pdf", filename="領収書.pdf")
    mail.send(message)
    kept = mail.kept(message)
    assert kept["subject"] == "【みなと放送】ご注文の確認（H-2026-1）"
    assert (kept["mail_from"], kept["rcpt_to"]) == (STATION, ["alice@example.com"])
    assert kept["text"].strip() == "青木様\n本文です。"
    assert "<strong>𠮷田</strong>" in kept["html"]
    assert kept["attachments"] == [{"filename": "領収書.pdf", "content_type": "application/pdf", "size": 9}]
    assert ["From", "みなと放送 <no-reply@minato.example>"] in kept["headers"]
    raw = mail.page(message, "raw").content
    assert raw.startswith(b"From: ")
    assert len(raw) == kept["size"]


def test_the_envelope_is_kept_blind_copies_included(mail):
    message = letter(to="alice@example.com")
    mail.send(message, to_addrs=["alice@example.com", "sam@example.com"])
    assert mail.kept(message)["rcpt_to"] == ["alice@example.com", "sam@example.com"]


def test_an_address_in_japanese_comes_through(mail):
    message = letter(to="青木@例え.example")
    with mail.connect() as connection:
        connection.ehlo()
        assert connection.has_extn("smtputf8")
        assert connection.has_extn("8bitmime")
        connection.send_message(message)
    kept = mail.kept(message)
    assert kept["rcpt_to"] == ["青木@例え.example"]
    assert mail.found(to="例え.example")[0]["id"] == kept["id"]


def test_each_message_id_is_counted(mail):
    message = letter()
    for _ in range(3):
        mail.send(message)
    assert mail.arrivals(message) == 3
    assert [kept["arrived"] for kept in mail.found(message_id=message["Message-ID"])] == [3, 3, 3]


def test_letters_from_many_threads_are_all_counted(mail):
    message = letter()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: mail.send(message), range(24)))
    assert mail.arrivals(message) == 24


def test_several_letters_come_over_one_connection(mail):
    one, other = letter(), letter()
    with mail.connect() as connection:
        connection.send_message(one)
        connection.send_message(other)
    assert (mail.arrivals(one), mail.arrivals(other)) == (1, 1)


def test_a_letter_that_is_not_well_formed_is_kept_all_the_same(mail):
    raw = (
        b"Subject: =?utf-8?b?broken\r\nMessage-ID: <odd@minato.example>\r\nFrom: <<>\r\n"
        b"Content-Type: text/plain; charset=no-such-charset\r\n\r\n\xff\xfe caf\xe9\r\n.dot\r\n"
    )
    with mail.connect() as connection:
        connection.sendmail(STATION, ["alice@example.com"], raw)
    (kept,) = mail.found(message_id="<odd@minato.example>")
    assert "caf" in kept["text"]
    answer = mail.standin.get(f"/messages/{kept['id']}/")
    assert answer.status_code == 200
    assert mail.standin.get(f"/messages/{kept['id']}/raw").content == raw


def test_a_letter_in_an_old_japanese_encoding_is_read(mail):
    message = letter()
    del message["Content-Type"], message["Content-Transfer-Encoding"], message["MIME-Version"]
    message.set_content("お届けのご案内", charset="iso-2022-jp")
    mail.send(message)
    assert mail.kept(message)["text"].strip() == "お届けのご案内"


def test_a_letter_without_a_message_id_is_kept(mail):
    message = letter(subject="no id")
    del message["Message-ID"]
    mail.send(message)
    assert mail.found(subject="no id")[0]["message_id"] == ""


def test_a_letter_too_large_is_refused(mail):
    message = letter(text="長い行です。\n" * 900_000)
    with mail.connect() as connection, pytest.raises(smtplib.SMTPResponseException) as refusal:
        connection.send_message(message)
    assert refusal.value.smtp_code == 552
    assert mail.arrivals(message) == 0


def test_the_newest_five_thousand_are_kept_and_the_counts_stay(tmp_path):
    standin = StandIn("mail", tmp_path / "ledger.sqlite3")
    mail, first = Sender(standin), letter()
    mail.send(first)
    standin.kill()
    _pretend_many_came(standin, 5_000)
    standin.start()
    last = letter()
    mail.send(last)
    assert mail.found(message_id=first["Message-ID"]) == []
    assert (mail.arrivals(first), mail.arrivals(last)) == (1, 1)
    standin.close()


def _pretend_many_came(standin, number):
    """Move the next message's number on, as so many messages would."""
    with sqlite3.connect(standin.ledger) as connection:
        connection.execute("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'messages'", (number,))
    connection.close()


def test_a_killed_mail_server_still_knows_its_letters(tmp_path):
    standin = StandIn("mail", tmp_path / "ledger.sqlite3")
    mail, message = Sender(standin), letter()
    mail.send(message)
    standin.kill()
    standin.start()
    mail.send(message)
    assert mail.arrivals(message) == 2
    standin.close()
