"""The SMTP side: takes every message, and misbehaves where a fault asks for it."""

import asyncio
import socket
from collections.abc import Callable

from aiosmtpd.smtp import SMTP, Envelope, Session

from orders.sandboxes.faults import Fault, Faults
from orders.sandboxes.ledger import Ledger, utc_now
from orders.sandboxes.mail.messages import receive

SIZE_LIMIT = 10 * 1024 * 1024  # bytes of one message
SMTP_FAULTS = {
    "refuse_connect": "接続の時に断る (421) / refuse at connect",
    "hang_connect": "接続しても名乗らず待たせる / say nothing after connect",
    "defer_rcpt": "宛先を一時拒否 (451) / defer the recipient",
    "refuse_rcpt": "宛先を拒否 (550) / refuse the recipient",
    "defer_data": "本文の後に一時拒否 (451) / defer after DATA",
    "drop_after_data": "受け取った後、返事をせずに切る / take the message, then drop",
    "hang": "受け取った後、返事を待たせる / take the message, answer late",
}


class Turned(asyncio.Protocol):
    """A connection that is turned away: after a pause, with a word or without."""

    def __init__(self, *, words: bytes, pause: float) -> None:
        self._words = words
        self._pause = pause

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        asyncio.get_running_loop().call_later(self._pause, self._turn_away, transport)

    def _turn_away(self, transport: asyncio.Transport) -> None:
        transport.write(self._words)
        transport.close()


class Mailbox:
    """aiosmtpd's handler: every message goes to the ledger before the answer is given."""

    def __init__(self, ledger: Ledger, faults: Faults) -> None:
        self._ledger = ledger
        self._faults = faults

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._faults.take({"defer_rcpt"}):
            return "451 4.3.0 Fault asked for: try this recipient later"
        if self._faults.take({"refuse_rcpt"}):
            return "550 5.1.1 Fault asked for: no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._faults.take({"defer_data"}):
            return "451 4.3.0 Fault asked for: try this message later"
        assert isinstance(envelope.content, bytes)
        number = receive(
            self._ledger,
            mail_from=envelope.mail_from or "",
            rcpt_to=envelope.rcpt_tos,
            raw=envelope.content,
            now=utc_now(),
        )
        await self._answer_badly(server, self._faults.take({"drop_after_data", "hang"}))
        return f"250 2.0.0 Kept as message {number}"

    async def _answer_badly(self, server: SMTP, fault: Fault | None) -> None:
        if fault and fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
        elif fault:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            await asyncio.Event().wait()  # ends when aiosmtpd cancels the lost connection


def protocol(ledger: Ledger, faults: Faults) -> Callable[[], asyncio.Protocol]:
    """What speaks on each new connection."""
    handler = Mailbox(ledger, faults)

    def connected() -> asyncio.Protocol:
        if faults.take({"refuse_connect"}):
            return Turned(words=b"421 4.3.2 Fault asked for: service not available\r\n", pause=0)
        if fault := faults.take({"hang_connect"}):
            return Turned(words=b"", pause=fault.seconds)
        return SMTP(
            handler,
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            hostname="mail.sandbox.invalid",
            ident="Mail sandbox",
            loop=asyncio.get_running_loop(),
        )

    return connected


async def start(listener: socket.socket, ledger: Ledger, faults: Faults) -> asyncio.Server:
    listener.setblocking(False)
    return await asyncio.get_running_loop().create_server(protocol(ledger, faults), sock=listener)
