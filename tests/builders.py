"""Typed builders: the smallest row that is real, with what the test is about given by keyword."""

import itertools
import uuid
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts.models import Address, User
from orders.models import Handler
from shop.models import Category, Product, ShippingRate, StockItem, Variant, Warehouse
from vod.models import Asset, Episode, Offer, Package, Season, Title

_counter = itertools.count(1)
_PROCESS = uuid.uuid4().hex[:6]
PASSWORD = "tidal-lantern-42"


def unique() -> str:
    """Part of a name that no other row has, not even one made by another process in the same database."""
    return f"{next(_counter)}-{_PROCESS}"


def member(email: str, name: str = "", **fields: object) -> User:
    user = User.objects.create_user(email, PASSWORD, name=name, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def address(*, user: User, **fields: object) -> Address:
    values: dict[str, object] = {
        "name": "髙橋 𠮷乃",
        "name_kana": "タカハシ ヨシノ",
        "postal_code": "0600042",
        "prefecture": 1,
        "city": "札幌市中央区大通西",
        "line1": "1-2-3",
        "phone": "0112345678",
        "is_default": True,
    }
    return Address.objects.create(user=user, **(values | fields))


def title(*, slug: str | None = None, name: str = "坂の上の電車通り", **fields: object) -> Title:
    values: dict[str, object] = {"kind": Title.Kind.FILM, "is_published": True, "name_en": "The Tram Street"}
    past = timezone.now() - timedelta(days=1)
    return Title.objects.create(slug=slug or f"title-{unique()}", name=name, **({"starts_at": past} | values | fields))


def episode_of(series: Title, *, number: int = 1, **fields: object) -> Title:
    season, _ = Season.objects.get_or_create(series=series, number=1)
    made = title(kind=Title.Kind.EPISODE, **fields)
    Episode.objects.create(title=made, season=season, number=number)
    return made


def rental(for_title: Title, *, price: int = 330, **fields: object) -> Offer:
    past = timezone.now() - timedelta(hours=1)
    return Offer.objects.create(title=for_title, kind=Offer.Kind.RENTAL, price=price, **({"starts_at": past} | fields))


def free_offer(for_title: Title, **fields: object) -> Offer:
    past = timezone.now() - timedelta(hours=1)
    return Offer.objects.create(title=for_title, kind=Offer.Kind.FREE, price=0, **({"starts_at": past} | fields))


def warehouse(code: str = "ishikari", name: str = "石狩物流センター") -> Warehouse:
    made, _ = Warehouse.objects.get_or_create(code=code, defaults={"name": name})
    Handler.objects.get_or_create(code=f"goods-{code}", defaults={"name": "物販部", "warehouse": made})
    return made


def video_handler() -> Handler:
    made, _ = Handler.objects.get_or_create(code="vod", defaults={"name": "配信部", "is_for_video": True})
    return made


def product(*, slug: str | None = None, name: str = "ゴマくんマグカップ", **fields: object) -> Product:
    category, _ = Category.objects.get_or_create(slug="goods", defaults={"name": "グッズ", "name_en": "Goods"})
    past = timezone.now() - timedelta(days=1)
    values: dict[str, object] = {"is_published": True, "starts_at": past, "name_en": "Goma-kun mug"}
    return Product.objects.create(slug=slug or f"product-{unique()}", name=name, category=category, **(values | fields))


def variant(
    of: Product | None = None,
    *,
    price: int = 1980,
    stock: int | None = 10,
    at: Warehouse | None = None,
    **fields: object,
) -> Variant:
    number = unique()
    values: dict[str, object] = {"sku": f"SKU-{number}", "label": f"色{number}"}
    made = Variant.objects.create(product=of or product(), price=price, **(values | fields))
    if stock is not None:
        StockItem.objects.create(warehouse=at or warehouse(), variant=made, on_hand=stock)
    return made


def shipping_rates(fee: int = 800) -> None:
    rates = [ShippingRate(prefecture=number, fee=fee) for number in range(1, 48)]
    ShippingRate.objects.bulk_create(rates, ignore_conflicts=True)


def tomorrow() -> datetime:
    return timezone.now() + timedelta(days=1)


def playable(made: Title, *, seconds: float = 600.0) -> Title:
    """Gives the title a package, without a film behind it: enough for pages, which never open it."""
    asset = Asset.objects.create(title=made, state=Asset.State.READY)
    Package.objects.create(title=made, asset=asset, folder=f"packages/{made.slug}", duration_s=seconds, is_current=True)
    return made
