"""A shop's page under a strict policy, on an origin of its own, as the checkout of the site is."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE = """<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>お会計</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/shop.css">
<script src="{library}"></script><script type="module" src="/shop.js"></script></head>
<body data-secret="{secret}" data-redirect="{redirect}"><main><h1>お支払い</h1>
<form id="pay"><div id="card"></div><p id="message" role="alert"></p><button id="go">¥1,200 を支払う</button></form>
<p id="state">loading</p></main></body></html>"""

STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2230; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171f; --ink: #eef1f6; } }
body { margin: 0; background: var(--paper); color: var(--ink); }
body { font: 16px/1.6 system-ui, "Noto Sans CJK JP", sans-serif; }
main { max-width: 30rem; margin: 0 auto; padding: 1.5rem; }
button { margin-top: 1rem; width: 100%; min-height: 3rem; border: 0; border-radius: .5rem; font: inherit;
  font-weight: 600; background: #4353c8; color: #fff; }
#message { color: #c22; } @media (prefers-color-scheme: dark) { #message { color: #ff9aa3; } }
"""

SCRIPT = """
const { secret, redirect } = document.body.dataset;
const state = (text) => { document.getElementById("state").textContent = text; };
const stripe = window.Stripe("pk_test_hitotsu", { locale: "ja" });
const elements = stripe.elements({ clientSecret: secret });
const card = elements.create("payment");
card.on("ready", () => state("ready"));
card.on("loaderror", ({ error }) => state(`loaderror ${error.message}`));
card.on("change", ({ complete, empty }) => {  // one that comes late does not hide that it was paid
  const isPaid = document.getElementById("state").textContent.startsWith("paid");
  if (!isPaid) state(complete ? "complete" : empty ? "empty" : "typing");
});
card.mount("#card");
document.getElementById("pay").addEventListener("submit", async (event) => {
  event.preventDefault();
  document.getElementById("message").textContent = "";
  const confirmParams = { return_url: `${window.location.origin}/done/?order=H-1` };
  const { error, paymentIntent } = await stripe.confirmPayment({ elements, confirmParams, redirect });
  document.getElementById("message").textContent = error ? error.message : "";
  state(error ? `error ${error.code}` : `paid ${paymentIntent.status}`);
});
"""


class ShopPage:
    """Serves the checkout page on loopback; ``violations`` are what the browser reported against its policy."""

    def __init__(self, sandbox_url: str) -> None:
        self.sandbox = sandbox_url
        self.violations: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> "ShopPage":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, secret: str, *, redirect: str = "if_required") -> str:
        return f"http://127.0.0.1:{self._server.server_port}/?secret={secret}&redirect={redirect}"

    @property
    def policy(self) -> str:
        return (
            f"default-src 'none'; script-src 'self' {self.sandbox}; style-src 'self'; frame-src {self.sandbox};"
            f" connect-src {self.sandbox}; img-src data:; base-uri 'none'; form-action 'self'; report-uri /violations"
        )

    def _body(self, path: str) -> tuple[str, str]:
        parts = urlsplit(path)
        if parts.path.endswith(".css"):
            return "text/css", STYLE
        if parts.path.endswith(".js"):
            return "text/javascript", SCRIPT
        if parts.path != "/":
            return "text/html", "<!doctype html><title>done</title><h1>ありがとうございました</h1>"
        told = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return "text/html", PAGE.format(library=f"{self.sandbox}/v3/", **told)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        page = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, text = page._body(self.path)
                self._answer(200, kind, text.encode())

            def do_POST(self) -> None:
                page.violations.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self._answer(204, "text/plain", b"")

            def _answer(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Security-Policy", page.policy)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                return

        return Handler
