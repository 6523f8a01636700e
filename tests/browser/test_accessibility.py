"""What axe-core finds on the pages of a purchase: in both languages, by day on a screen, by night on a telephone."""

from pathlib import Path

import pytest

from tests.browser.test_purchase import GOOD, fill_in_address, put_into_cart, sign_up, type_card

pytestmark = [pytest.mark.browser, pytest.mark.stack]

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WEIGHTY = {"serious", "critical"}
# The card form is the payment service's own, in a frame of another site.
RULES = """async () => {
    const found = await axe.run(document, { iframes: false, resultTypes: ["violations"] });
    const place = ({ target }) => target.join(" ");
    return found.violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map(place) }));
}"""
SCREENS = {
    "screen by day": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "telephone by night": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}
FOR_ALL = ("/", "/vod/first-boat/", "/vod/harbour-strolls/", "/shop/", "/shop/goma-mug/", "/accounts/login/")
FOR_MEMBERS = ("/", "/cart/", "/checkout/", "/checkout/address/", "/account/", "/watch/tram-street/")


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        pytest.skip("no axe-core here (npm ci)")
    return AXE.read_text()


def weighty(tab, axe) -> list[dict[str, object]]:
    """What axe holds against the page that is open."""
    tab.evaluate(axe)
    return [one for one in tab.evaluate(RULES) if one["impact"] in WEIGHTY]


def look_through(tab, axe, url: str, paths: tuple[str, ...]) -> None:
    for language in ("ja", "en"):
        for path in paths:
            answer = tab.goto(f"{url}{path}?hl={language}")
            assert answer.status == 200, path
            assert tab.locator("html").get_attribute("lang") == language
            assert weighty(tab, axe) == [], f"{path} in {language}"


def test_axe_finds_what_is_wrong(open_tab, service, axe):
    """The proof that the next tests can fail."""
    tab = open_tab()
    tab.goto(service.url)
    tab.evaluate("document.querySelector('main').append(Object.assign(document.createElement('button')))")
    assert [one["id"] for one in weighty(tab, axe)] == ["button-name"]


@pytest.mark.parametrize("screen", SCREENS)
def test_what_everybody_sees_has_no_serious_fault(open_tab, service, axe, screen):
    look_through(open_tab(**SCREENS[screen]), axe, service.url, FOR_ALL)


@pytest.mark.parametrize("screen", SCREENS)
def test_what_a_buyer_sees_has_no_serious_fault(open_tab, service, axe, address, screen):
    tab = open_tab(**SCREENS[screen])
    sign_up(tab, service, address)
    tab.goto(f"{service.url}/shop/goma-mug/?variant=GM-MUG-BLU")
    put_into_cart(tab)
    tab.goto(f"{service.url}/checkout/")
    look_through(tab, axe, service.url, ("/checkout/address/",))
    tab.goto(f"{service.url}/checkout/")
    fill_in_address(tab)
    tab.goto(f"{service.url}/vod/first-boat/")
    put_into_cart(tab)
    look_through(tab, axe, service.url, FOR_MEMBERS)
    tab.goto(f"{service.url}/checkout/")
    type_card(tab, GOOD)
    tab.locator("[data-pay]").click()
    tab.wait_for_url("**/orders/H*/")
    look_through(tab, axe, service.url, (tab.url.removeprefix(service.url),))
