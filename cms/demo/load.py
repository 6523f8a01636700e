"""Loading the demo station: everything is made once, and found the next time."""

import json
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.files import File
from django.db import transaction
from django.db.models.fields.files import ImageFieldFile

from accounts.models import Address, User
from cms.demo.art.films import draw_film
from cms.demo.art.goods import draw_product
from cms.demo.art.posters import draw_poster
from cms.demo.goods import CATEGORIES, PRODUCTS, SHIPPING_FEES, ProductContent
from cms.demo.pages import PAGES
from cms.demo.people import ALICE_ADDRESS, PASSWORD, PEOPLE
from cms.demo.titles import EPISODES, GENRES, SERIES, EpisodeContent
from cms.models import Page, RelatedGoods
from config.lib.tax import TaxCategory
from orders.models import Handler
from shop.models import Category, Option, Product, ProductImage, ShippingRate, StockItem, Variant, Warehouse
from shop.services import stock
from vod.models import Episode, Genre, Offer, Season, Title
from vod.services import film_in, jobs

Say = Callable[[str], None]

# What a role may do: with all of an app, with one model, or one act alone. The administrator may do all, a customer
# nothing. Whoever chooses goods for a title, or reads an order, must see what the choice or the order points at.
# Each scope names an app, a model where it is not all of them, and what may be done where it is not everything.
READING_ORDERS = (
    ("orders", "", "view"),
    ("shop", "", "view"),
    ("vod", "title", "view"),
    ("accounts", "user", "view"),
    ("accounts", "address", "view"),
)
ROLES = {
    "programming": (
        ("vod",),
        ("cms", "page"),
        ("cms", "notice"),
        ("cms", "relatedgoods"),
        ("shop", "product", "view"),
    ),
    "shop": (
        ("shop",),
        ("orders",),
        ("cms", "relatedgoods"),
        ("accounts", "user", "view"),
        ("accounts", "address", "view"),
        ("vod", "title", "view"),
    ),
    "support": (
        *READING_ORDERS,
        ("orders", "order", "change"),
        ("orders", "stagerun", "change"),
        ("orders", "receiptissue", "add"),
        ("vod", "entitlement", "view"),
    ),
    "warehouse": (*READING_ORDERS, ("orders", "stagerun", "change"), ("shop", "stockitem")),
    "accounting": (*READING_ORDERS, ("orders", "stagerun", "change"), ("orders", "receiptissue", "add")),
}


def load(*, now: datetime, say: Say, with_films: bool = True) -> None:
    """Make what is missing of the demo; a second time nothing is missing."""
    with transaction.atomic():
        people(now=now)
        catalogue(now=now)
        goods(now=now)
        pages()
    if with_films and _films_to_make():
        say("Pictures and films are drawn and encoded now, which takes a minute or two (once)")
    pictures(say)
    if with_films:
        films(say=say, now=now)


def people(*, now: datetime) -> None:
    for email, name, role in PEOPLE:
        if User.objects.filter(email=email).exists():
            continue
        is_staff = role != "customer"
        user = User.objects.create_user(
            email, PASSWORD, name=name, is_staff=is_staff, is_superuser=role == "administrator"
        )
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        if role in ROLES:
            user.groups.add(_group(role))
    alice = User.objects.get(email="alice@example.com")
    Address.objects.get_or_create(user=alice, is_default=True, defaults=ALICE_ADDRESS)


def _group(role: str) -> Group:
    group, is_new = Group.objects.get_or_create(name=role)
    if is_new:
        for scope in ROLES[role]:
            names = ("content_type__app_label", "content_type__model", "codename__startswith")
            asked = {name: value for name, value in zip(names, scope, strict=False) if value}
            group.permissions.add(*Permission.objects.filter(**asked))
    return group


def catalogue(*, now: datetime) -> None:
    genres = {}
    for slug, name, name_en in GENRES:
        genres[slug], _ = Genre.objects.get_or_create(slug=slug, defaults={"name": name, "name_en": name_en})
    published = {"is_published": True, "starts_at": now - timedelta(days=7)}
    for series in SERIES:
        words = {
            name: getattr(series, name)
            for name in ("name", "name_en", "reading", "synopsis", "synopsis_en", "cast", "cast_en", "year")
        }
        title, is_new = Title.objects.get_or_create(
            slug=series.slug, defaults={"kind": Title.Kind.SERIES, **words, **published}
        )
        if is_new:
            title.genres.add(genres[series.genre])
    for number, episode in enumerate(EPISODES):
        _episode(episode, now=now, starts_at=now - timedelta(days=7 - number))


def _episode(episode: EpisodeContent, *, now: datetime, starts_at: datetime) -> None:
    series = Title.objects.get(slug=episode.series)
    words = {name: getattr(episode, name) for name in ("name", "name_en", "reading", "synopsis", "synopsis_en")}
    title, is_new = Title.objects.get_or_create(
        slug=episode.slug,
        defaults={
            "kind": Title.Kind.EPISODE,
            **words,
            "cast": series.cast,
            "cast_en": series.cast_en,
            "year": series.year,
            "is_published": True,
            "starts_at": starts_at,
        },
    )
    if not is_new:
        return
    title.genres.set(series.genres.all())
    season, _ = Season.objects.get_or_create(
        series=series, number=1, defaults={"name": "第1シーズン", "name_en": "Season 1"}
    )
    Episode.objects.create(title=title, season=season, number=episode.number)
    on_sale = {"title": title, "starts_at": now - timedelta(days=1)}
    if episode.is_free:
        Offer.objects.create(kind=Offer.Kind.FREE, price=0, **on_sale)
    if episode.rental and episode.film:  # what cannot be played yet is not sold yet
        Offer.objects.create(kind=Offer.Kind.RENTAL, price=episode.rental, **on_sale)


def goods(*, now: datetime) -> None:
    warehouse, _ = Warehouse.objects.get_or_create(
        code="minato", defaults={"name": "みなと物流センター", "name_en": "Minato Logistics Centre"}
    )
    Handler.objects.get_or_create(
        code="goods",
        defaults={"name": "物販部", "name_en": "Merchandise", "email": "goods@minato.example", "warehouse": warehouse},
    )
    Handler.objects.get_or_create(
        code="vod",
        defaults={"name": "配信部", "name_en": "Streaming", "email": "vod@minato.example", "is_for_video": True},
    )
    for position, (slug, name, name_en) in enumerate(CATEGORIES):
        Category.objects.get_or_create(slug=slug, defaults={"name": name, "name_en": name_en, "position": position})
    for number, made in enumerate(PRODUCTS):
        _product(made, warehouse, now=now, starts_at=now - timedelta(days=20 - number))
    for prefectures, fee in SHIPPING_FEES:
        for prefecture in prefectures:
            ShippingRate.objects.get_or_create(prefecture=prefecture, defaults={"fee": fee})


def _product(made: ProductContent, warehouse: Warehouse, *, now: datetime, starts_at: datetime) -> None:
    fields = ("name", "name_en", "reading", "description", "description_en", "details", "details_en")
    product, is_new = Product.objects.get_or_create(
        slug=made.slug,
        defaults={
            **{name: getattr(made, name) for name in fields},
            "category": Category.objects.get(slug=made.category),
            "tax_category": TaxCategory.REDUCED if made.is_food else TaxCategory.STANDARD,
            "is_published": True,
            "starts_at": starts_at,
        },
    )
    if not is_new:
        return
    if made.option:
        Option.objects.create(product=product, name=made.option[0], name_en=made.option[1])
    for position, variant in enumerate(made.variants):
        row = Variant.objects.create(
            product=product,
            sku=variant.sku,
            label=variant.label,
            label_en=variant.label_en,
            price=variant.price,
            position=position,
            max_per_order=made.max_per_order,
        )
        item = StockItem.objects.create(warehouse=warehouse, variant=row)
        if variant.stock:
            stock.receive(
                stock_item=item, quantity=variant.stock, key=f"demo:{variant.sku}", now=now, reason="最初の入荷"
            )


def pages() -> None:
    for position, (slug, name, name_en, body, body_en) in enumerate(PAGES):
        Page.objects.get_or_create(
            slug=slug,
            defaults={
                "name": name,
                "name_en": name_en,
                "body": body.strip(),
                "body_en": body_en.strip(),
                "position": position,
            },
        )
    for episode in EPISODES:
        title = Title.objects.get(slug=episode.slug)
        for position, slug in enumerate(episode.goods):
            product = Product.objects.get(slug=slug)
            RelatedGoods.objects.get_or_create(title=title, product=product, defaults={"position": position})


def pictures(say: Say) -> None:
    """Draw the posters and the pictures of the goods that are not there yet."""
    for item in (*SERIES, *EPISODES):
        title = Title.objects.get(slug=item.slug)
        for column, shape in (("artwork_wide", "wide"), ("artwork_tall", "tall")):
            field = getattr(title, column)
            if not field:
                say(f"Drawing the {shape} poster of {title.name_en}")
                _draw_into(
                    field, f"{item.slug}-{shape}.webp", lambda path, a=item.art, s=shape: draw_poster(a, path, s)
                )
    for made in PRODUCTS:
        product = Product.objects.get(slug=made.slug)
        if not product.images.exists():
            say(f"Drawing {product.name_en}")
            _draw_product(made, product)


def _draw_product(made: ProductContent, product: Product) -> None:
    for position, (art, alt, alt_en) in enumerate(made.art):
        _picture(product, None, art, alt, alt_en, position)
    for variant in made.variants:
        if variant.art:
            row = product.variants.get(sku=variant.sku)
            alt, alt_en = f"{made.name} {variant.label}", f"{made.name_en}, {variant.label_en}"
            _picture(product, row, variant.art, alt, alt_en, 10)


def _picture(product: Product, variant: Variant | None, art: str, alt: str, alt_en: str, position: int) -> None:
    image = ProductImage(product=product, variant=variant, alt=alt, alt_en=alt_en, position=position)
    _draw_into(image.image, f"{product.slug}-{art}.webp", lambda path: draw_product(art, path), save=False)
    image.save()


def _draw_into(field: ImageFieldFile, name: str, draw: Callable[[Path], Path], *, save: bool = True) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = draw(Path(folder) / name)
        with path.open("rb") as drawn:
            field.save(name, File(drawn), save=save)


def _films_to_make() -> list[EpisodeContent]:
    playable = set(Title.objects.filter(packages__is_current=True).values_list("slug", flat=True))
    return [episode for episode in EPISODES if episode.film and episode.slug not in playable]


def films(*, say: Say, now: datetime) -> None:
    """Draw the films and take them in, in this process, as an editor would by command."""
    for episode in _films_to_make():
        title = Title.objects.get(slug=episode.slug)
        say(f"Drawing and encoding {title.name_en}")
        with tempfile.TemporaryDirectory() as folder:
            master = draw_film(episode.film, Path(folder) / f"{episode.slug}.mp4")
            asset = film_in.store_master(title=title, file=master, actor=None, now=now)
        jobs.work(jobs.start(asset, now=now))


def write_card() -> Path:
    """Write the address and the demo accounts where people and checks find them: `var/run/demo.json`."""
    path = settings.VAR_DIR / "run" / "demo.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    accounts = [{"email": email, "role": role} for email, _, role in PEOPLE]
    card = {"address": settings.SITE_URL, "password": PASSWORD, "accounts": accounts}
    path.write_text(json.dumps(card, ensure_ascii=False, indent=2) + "\n")
    return path
