import smtplib
import time

import pytest

from tests.sandboxes.mail.sender import letter
from tests.sandboxes.standin import eventually


def test_a_connection_is_refused_with_a_word(mail):
    mail.standin.fault("refuse_connect")
    with pytest.raises(smtplib.SMTPConnectError) as refusal:
        mail.connect()
    assert refusal.value.smtp_code == 421
    mail.send(letter())


@pytest.mark.parametrize(("kind", "code"), [("defer_rcpt", 451), ("refuse_rcpt", 550)])
def test_a_recipient_is_refused(mail, kind, code):
    message = letter()
    mail.standin.fault(kind)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        mail.send(message)
    assert [status for status, _ in refusal.value.recipients.values()] == [code]
    assert mail.arrivals(message) == 0
    mail.send(message)
    assert mail.arrivals(message) == 1


def test_a_letter_deferred_after_its_data_did_not_arrive(mail):
    message = letter()
    mail.standin.fault("defer_data", next=2)
    for _ in range(2):
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            mail.send(message)
        assert refusal.value.smtp_code == 451
    assert mail.arrivals(message) == 0
    mail.send(message)
    assert mail.arrivals(message) == 1


def test_a_letter_dropped_after_its_data_did_arrive(mail):
    message = letter()
    mail.standin.fault("drop_after_data")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        mail.send(message)
    assert mail.arrivals(message) == 1
    assert mail.kept(message)["subject"] == message["Subject"]


def test_a_letter_that_hangs_did_arrive_though_nobody_waited(mail):
    message = letter()
    mail.standin.fault("hang", seconds=5)
    connection = mail.connect(timeout=0.3)
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        connection.send_message(message)
    connection.close()
    assert eventually(lambda: mail.arrivals(message)) == 1


def test_a_hang_answers_in_the_end(mail):
    message = letter()
    mail.standin.fault("hang", seconds=0.3)
    started = time.monotonic()
    mail.send(message)
    assert time.monotonic() - started >= 0.3


def test_a_server_that_says_nothing_lets_the_caller_time_out(mail):
    mail.standin.fault("hang_connect", seconds=5)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        mail.connect(timeout=0.2)
    mail.send(letter())


def test_an_http_fault_is_no_fault_of_a_mail_server(mail):
    answer = mail.standin.post("/sandbox/faults", json={"kind": "500"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fault")
