"""Work in the staff's pages that is more than a form: films are handed in, goods are received."""

import uuid

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F

from shop.models import ProductImage, StockItem, StockMovement
from tests import builders
from vod.models import Asset, Title, TranscodeJob

ADD = "/admin/vod/asset/add/"


@pytest.fixture(autouse=True)
def _own_masters(_an_own_world, monkeypatch):
    """The model's field holds the storage it was given at start-up, so it is given this test's one."""
    monkeypatch.setattr(Asset._meta.get_field("file"), "storage", storages["masters"])


def _film(name: str = "ep1.mp4") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"a film, as far as the form can tell", content_type="video/mp4")


def test_carol_hands_in_a_film_and_is_led_to_its_progress(visit, carol):
    title = builders.title()
    response = visit(carol).post(ADD, {"title": title.pk, "file": _film()}, follow=True)
    asset = Asset.objects.get()
    assert (asset.title, asset.uploaded_by, asset.original_name) == (title, carol, "ep1.mp4")
    assert asset.job.state == TranscodeJob.State.QUEUED
    assert response.redirect_chain[-1][0] == f"/admin/vod/asset/{asset.pk}/change/"
    assert asset.file.storage.exists(asset.file.name)


def test_a_series_takes_no_film_and_nothing_is_left(visit, carol):
    series = builders.title(kind=Title.Kind.SERIES)
    response = visit(carol).post(ADD, {"title": series.pk, "file": _film()})
    assert response.context["form"].errors["title"]
    assert not Asset.objects.exists()


def test_a_film_that_is_too_large_is_refused_with_a_sentence(visit, carol, settings):
    settings.MASTER_MAX_BYTES = 3
    response = visit(carol).post(ADD, {"title": builders.title().pk, "file": _film()})
    assert response.context["form"].errors["file"]
    assert not Asset.objects.exists()


def test_a_series_is_not_offered_for_a_film(visit, carol):
    builders.title(name="港の話", kind=Title.Kind.SERIES)
    episode = builders.title(name="港の朝")
    query = {"app_label": "vod", "model_name": "asset", "field_name": "title", "term": "港"}
    found = visit(carol).get("/admin/autocomplete/", query).json()
    assert [row["id"] for row in found["results"]] == [str(episode.pk)]


def test_a_failed_film_is_encoded_once_more(visit, carol):
    visit(carol).post(ADD, {"title": builders.title().pk, "file": _film()})
    asset = Asset.objects.get()
    asset.move_to(Asset.State.FAILED, failure_reason="cut off")
    TranscodeJob.objects.update(state=TranscodeJob.State.FAILED, attempts=4)
    page = f"/admin/vod/asset/{asset.pk}/"
    assert f"{page}retry/" in visit(carol).get(f"{page}change/").content.decode()
    visit(carol).post(f"{page}retry/")
    asset.job.refresh_from_db()
    assert (asset.job.state, asset.job.attempts) == (TranscodeJob.State.QUEUED, 0)


def test_a_film_that_did_not_fail_is_not_encoded_again(visit, carol):
    visit(carol).post(ADD, {"title": builders.title().pk, "file": _film()})
    response = visit(carol).post(f"/admin/vod/asset/{Asset.objects.get().pk}/retry/", follow=True)
    assert [message.level_tag for message in response.context["messages"]] == ["error"]


def test_sam_hands_in_no_film(visit, sam):
    title = builders.title()
    assert visit(sam).post(ADD, {"title": title.pk, "file": _film()}).status_code == 403


@pytest.fixture
def item(db) -> StockItem:
    return builders.variant(stock=10).stock.get()


def test_goods_that_are_received_twice_by_one_form_are_counted_once(visit, sam, item):
    form = {"quantity": 5, "reason": "納品書 12", "key": uuid.uuid4()}
    for _ in range(2):
        visit(sam).post(f"/admin/shop/stockitem/{item.pk}/receive/", form)
    item.refresh_from_db()
    assert item.on_hand == 15
    assert StockMovement.objects.get().reason == "納品書 12"


@pytest.mark.parametrize("quantity", ["-1", "0", "viele", ""])
def test_a_quantity_that_is_none_is_refused(visit, sam, item, quantity):
    form = {"quantity": quantity, "key": uuid.uuid4()}
    response = visit(sam).post(f"/admin/shop/stockitem/{item.pk}/receive/", form)
    assert response.context["form"].errors["quantity"]
    assert not StockMovement.objects.exists()


def test_counters_cannot_be_typed_and_a_sale_meanwhile_is_kept(visit, sam, item):
    """The form was opened before a sale and is saved after it."""
    StockItem.objects.filter(pk=item.pk).update(committed=F("committed") + 4)
    form = {"safety_stock": 2, "backorder_limit": 0, "on_hand": 999, "committed": 0}
    visit(sam).post(f"/admin/shop/stockitem/{item.pk}/change/", form)
    item.refresh_from_db()
    assert (item.on_hand, item.committed, item.safety_stock) == (10, 4, 2)


def test_a_safety_stock_that_promises_too_much_is_refused_with_a_sentence(visit, sam, item):
    StockItem.objects.filter(pk=item.pk).update(committed=8)
    response = visit(sam).post(f"/admin/shop/stockitem/{item.pk}/change/", {"safety_stock": 3, "backorder_limit": 0})
    assert response.status_code == 200
    assert response.context["errors"]
    item.refresh_from_db()
    assert item.safety_stock == 0


def test_a_picture_needs_words_for_what_it_shows(visit, sam):
    picture = {"product": builders.product().pk, "position": 0, "alt": "  "}
    response = visit(sam).post("/admin/shop/productimage/add/", picture)
    assert response.context["adminform"].form.errors["alt"]
    assert not ProductImage.objects.exists()


def test_a_title_that_is_none_leaves_the_choice_open(visit, carol):
    assert visit(carol).get(ADD, {"title": "tram"}).status_code == 200
