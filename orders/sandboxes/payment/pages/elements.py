"""The frame of the payment element: the card form, so that card digits never reach the shop's page."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from orders.sandboxes.payment.pages.desk import desk_of, page
from orders.sandboxes.payment.words import CARD_FRAME_WORDS, PAGES, language_of


async def payment_element(request: Request) -> Response:
    language = language_of(request.query_params.get("locale") or request.headers.get("accept-language"))
    sentences = {name: PAGES[language][name] for name in CARD_FRAME_WORDS}
    return page(desk_of(request), "element.html", language=language, framed=True, sentences=sentences)


ROUTES = [Route("/elements/payment", payment_element)]
