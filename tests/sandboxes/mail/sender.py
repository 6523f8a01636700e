"""What an application says to its mail server."""

import smtplib
import uuid
from email.message import EmailMessage
from typing import Any

from tests.sandboxes.standin import StandIn

STATION = "no-reply@minato.example"


def letter(
    *, to: str = "", subject: str = "ご注文ありがとうございます", text: str = "青木様\n本文です。"
) -> EmailMessage:
    """A letter to a customer, under a Message-ID of its own."""
    message = EmailMessage()
    message["From"] = f"みなと放送 <{STATION}>"
    message["To"] = to or f"{uuid.uuid4().hex}@example.com"
    message["Subject"] = subject
    message["Message-ID"] = f"<{uuid.uuid4()}@minato.example>"
    message.set_content(text)
    return message


class Sender:
    """Sends by SMTP to a mail server that runs as a process, and reads its ledger."""

    def __init__(self, standin: StandIn) -> None:
        self.standin = standin

    def connect(self, *, timeout: float = 10) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.standin.smtp, timeout=timeout)

    def send(self, message: EmailMessage, **options: Any) -> None:
        with self.connect() as connection:
            connection.send_message(message, **options)

    def found(self, **filters: str) -> list[dict[str, Any]]:
        return self.standin.get("/api/messages.json", params=filters).json()["messages"]

    def kept(self, message: EmailMessage) -> dict[str, Any]:
        (found,) = self.found(message_id=message["Message-ID"])
        return found

    def arrivals(self, message: EmailMessage) -> int:
        return self.standin.book()["arrivals"].get(message["Message-ID"], 0)

    def page(self, message: EmailMessage, part: str = "") -> Any:
        return self.standin.get(f"/messages/{self.kept(message)['id']}/{part}")
