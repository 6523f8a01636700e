"""Who gets in, by which door, and what each role sees."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from tests import builders

ORDERS, TITLES, PRODUCTS = "/admin/orders/order/", "/admin/vod/title/", "/admin/shop/product/"


def test_a_stranger_signs_in_by_the_door_of_all_members_and_comes_back(visit):
    response = visit().get(ORDERS, follow=True)
    assert response.redirect_chain[-1][0] == f"{reverse('account_login')}?next={ORDERS}"


def test_the_address_to_come_back_to_is_never_another_site(visit, chief):
    away = "https://elsewhere.example/"
    assert visit().get("/admin/login/", {"next": away}).url == f"{reverse('account_login')}?next=/admin/"
    assert visit(chief).get("/admin/login/", {"next": away}).url == "/admin/"


@pytest.mark.parametrize("page", ["/admin/", ORDERS, "/admin/login/", "/admin/jsi18n/"])
def test_a_customer_is_told_that_this_is_not_for_her(visit, alice, page):
    response = visit(alice).get(page)
    assert response.status_code == 403
    assert "403.html" in [template.name for template in response.templates]


def test_carol_edits_programmes_and_sees_no_order(visit, carol):
    client = visit(carol)
    assert client.get(TITLES).status_code == 200
    assert client.get(ORDERS).status_code == 403
    assert ORDERS not in client.get("/admin/").content.decode()


def test_sam_sees_orders_and_only_reads_titles(visit, sam):
    client, title = visit(sam), builders.title()
    assert client.get(ORDERS).status_code == 200
    assert client.get("/admin/vod/offer/").status_code == 403
    client.post(f"{TITLES}{title.pk}/change/", {"name": "another"})
    title.refresh_from_db()
    assert title.name != "another"


def test_carol_finds_goods_for_a_title_by_a_part_of_their_name(visit, carol):
    mug = builders.product(name="灯台マグ")
    query = {"app_label": "cms", "model_name": "relatedgoods", "field_name": "product", "term": "灯台"}
    found = visit(carol).get("/admin/autocomplete/", query).json()
    assert [row["id"] for row in found["results"]] == [str(mug.pk)]
    assert visit(carol).get(PRODUCTS + "add/").status_code == 403


def test_only_who_may_do_all_makes_somebody_staff(visit, chief, carol, alice):
    page = f"/admin/accounts/user/{alice.pk}/change/"
    carol.user_permissions.add(*_permissions("change_user", "view_user"))
    data = {"name": "青木 アリス", "language": "ja", "is_active": "on", "is_staff": "on"} | _no_rows(
        "addresses", "consents"
    )
    visit(carol).post(page, data)
    alice.refresh_from_db()
    assert not alice.is_staff
    visit(chief).post(page, data)
    alice.refresh_from_db()
    assert alice.is_staff


ADDRESSES, ROLES, SITES = (
    "/admin/account/emailaddress/",
    "/admin/auth/group/",
    "/admin/allauth_idp_oidc/client/",
)


@pytest.mark.parametrize("page", [ADDRESSES, ROLES, SITES])
def test_what_could_make_one_somebody_else_is_only_looked_at_by_a_role(visit, carol, chief, page):
    model = page.split("/")[-2]
    carol.user_permissions.add(*_permissions(f"view_{model}", f"add_{model}", f"change_{model}", f"delete_{model}"))
    assert visit(carol).get(page).status_code == 200
    assert visit(carol).get(f"{page}add/").status_code == 403
    assert visit(chief).get(f"{page}add/").status_code == 200


def test_who_may_only_look_marks_no_address_as_verified(visit, carol, chief):
    taken = chief.emailaddress_set.create(email="carol-too@example.com", verified=False)
    carol.user_permissions.add(*_permissions("view_emailaddress", "change_emailaddress"))
    visit(carol).post(ADDRESSES, {"action": "make_verified", "_selected_action": [taken.pk]})
    taken.refresh_from_db()
    assert not taken.verified
    visit(chief).post(ADDRESSES, {"action": "make_verified", "_selected_action": [taken.pk]})
    taken.refresh_from_db()
    assert taken.verified


def test_a_role_that_closes_members_out_cannot_close_out_a_colleague(visit, carol, chief):
    carol.user_permissions.add(*_permissions("change_user", "view_user"))
    data = {"name": "x", "language": "ja"} | _no_rows("addresses", "consents")
    visit(carol).post(f"/admin/accounts/user/{chief.pk}/change/", data)
    chief.refresh_from_db()
    assert chief.is_active


@pytest.mark.parametrize(
    ("page", "secret"),
    [
        ("/admin/accounts/user/", "password"),
        ("/admin/vod/playbacksession/", "browser_key"),
        ("/admin/vod/packagekey/", "secret"),
        ("/admin/allauth_idp_oidc/client/", "secret"),
        ("/admin/orders/cart/", "token"),
    ],
)
def test_no_list_tells_a_secret_letter_by_letter(visit, chief, page, secret):
    assert visit(chief).get(page, {f"{secret}__startswith": "p"}).status_code == 400


def test_a_new_colleague_signs_in_by_code_without_a_password(visit, chief):
    visit(chief).post("/admin/accounts/user/add/", {"email": "Dan@Example.com", "name": "伊達 だん", "language": "ja"})
    dan = type(chief).objects.get(email="dan@example.com")
    assert not dan.has_usable_password()
    assert dan.emailaddress_set.get().primary


def test_signing_out_ends_at_the_door(visit, chief):
    client = visit(chief)
    assert client.post("/admin/logout/").url == reverse("account_login")
    assert client.get("/admin/").status_code == 302


def _permissions(*codenames):
    return Permission.objects.filter(codename__in=codenames)


def _no_rows(*prefixes: str) -> dict[str, str]:
    return {f"{prefix}-{name}_FORMS": "0" for prefix in prefixes for name in ("TOTAL", "INITIAL")}


def test_roles_are_named_in_words(visit, chief, carol, settings):
    settings.LANGUAGE_CODE = "ja"
    role = carol.groups.get()
    for page in ("/admin/accounts/user/", f"/admin/accounts/user/{carol.pk}/change/", "/admin/auth/group/"):
        text = visit(chief).get(page).content.decode()
        assert "編成" in text, page
        assert ">programming<" not in text, page
    assert "編成" in visit(chief).get(f"/admin/auth/group/{role.pk}/change/").content.decode()
    query = {"app_label": "accounts", "model_name": "user", "field_name": "groups"}
    found = visit(chief).get("/admin/autocomplete/", query).json()["results"]
    assert {"id": str(role.pk), "text": "編成"} in found
