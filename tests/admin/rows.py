"""A station with many rows of everything, so that lists and forms show what they cost."""

import uuid
from datetime import timedelta

from django.utils import timezone

from accounts.models import Consent, Prefecture, User
from cms.models import Notice, Page, RelatedGoods
from orders.models import (
    Cart,
    CartLine,
    Circuit,
    Discrepancy,
    Effect,
    FulfillmentLine,
    FulfillmentOrder,
    Handler,
    OperatorAction,
    Order,
    OrderAddress,
    OrderEvent,
    OrderLine,
    OutboundMail,
    Pause,
    Payment,
    PipelineArchive,
    PipelineRun,
    Placement,
    ProviderEntry,
    ProviderEvent,
    ReceiptIssue,
    ReconciliationRun,
    Refund,
    RefundLine,
    Shipment,
    ShipmentLine,
    ShippingList,
    StageAttempt,
    StageRun,
    SweeperBeat,
    TaxDocument,
    TaxDocumentSummary,
    WebhookDelivery,
    WebhookEndpoint,
)
from shop.models import (
    Allocation,
    Category,
    Option,
    ProductImage,
    ShippingRate,
    StockMovement,
    StockReservation,
    TemperatureClass,
    Variant,
    Warehouse,
)
from tests import builders
from vod.models import (
    Asset,
    Entitlement,
    Episode,
    Genre,
    Offer,
    Package,
    PackageKey,
    PlaybackSession,
    Progress,
    Rendition,
    Season,
    Title,
    TranscodeJob,
)


def fill(count: int) -> None:
    """Make `count` rows of every model, each with its own rows around it."""
    places = list(Prefecture)
    for number in range(count):
        user = builders.member(f"buyer{number}@example.com", f"客 {number}")
        builders.address(user=user)
        Consent.objects.create(user=user, kind=Consent.Kind.TERMS, version="2026-04-01")
        offer = _video(number, user)
        variant = _goods(number)
        ShippingRate.objects.create(prefecture=places[number], fee=800 + number)
        _order(number, user, offer, variant)
        _words(number, offer.title, variant)


def _video(number: int, user: User) -> Offer:
    now = timezone.now()
    genre = Genre.objects.create(slug=f"genre-{number}", name=f"分野{number}")
    series = builders.title(slug=f"series-{number}", name=f"つづき物{number}", kind=Title.Kind.SERIES)
    season = Season.objects.create(series=series, number=1)
    title = builders.title(slug=f"episode-{number}", name=f"第{number}話", kind=Title.Kind.EPISODE)
    Episode.objects.create(title=title, season=season, number=1)
    title.genres.add(genre)
    asset = Asset.objects.create(
        title=title, original_name=f"ep{number}.mp4", state=Asset.State.READY, uploaded_by=user
    )
    TranscodeJob.objects.create(asset=asset, state=TranscodeJob.State.SUCCEEDED, percent=100)
    package = Package.objects.create(title=title, asset=asset, folder=f"p{number}", duration_s=600, is_current=True)
    Rendition.objects.create(
        package=package, name="360p", width=640, height=360, bandwidth=800_000, average_bandwidth=700_000,
        codecs="avc1.4d401e", frame_rate=25, segments=[[4.0, 1000]],
    )  # fmt: skip
    PackageKey.objects.create(package=package, number=0, first_sequence=0, secret=b"0123456789abcdef")
    offer = builders.rental(title)
    right = Entitlement.objects.create(user=user, title=title, source=Entitlement.Source.RENTAL, starts_at=now)
    PlaybackSession.objects.create(user=user, title=title, package=package, entitlement=right)
    Progress.objects.create(user=user, title=title, position_s=12, duration_s=600)
    return offer


def _goods(number: int) -> Variant:
    now = timezone.now()
    category = Category.objects.create(slug=f"category-{number}", name=f"棚{number}")
    product = builders.product(slug=f"product-{number}", name=f"品{number}")
    product.category = category
    product.save()
    Option.objects.create(product=product, name="色")
    house = builders.warehouse(f"house-{number}", f"倉庫{number}")
    variant = builders.variant(product, at=house, sku=f"S-{number}")
    item = variant.stock.get()
    ProductImage.objects.create(product=product, variant=variant, image=f"goods/{number}.webp", alt=f"品{number}")
    StockReservation.objects.create(stock_item=item, quantity=1, expires_at=now + timedelta(minutes=30))
    Allocation.objects.create(reference=uuid.uuid4(), stock_item=item, quantity=1)
    StockMovement.objects.create(key=f"m{number}", stock_item=item, kind=StockMovement.Kind.RECEIVED, quantity=10)
    return variant


def _order(number: int, user: User, offer: Offer, variant: Variant) -> None:
    now = timezone.now()
    cart = Cart.objects.create(user=user, ship_to=user.addresses.get())
    CartLine.objects.create(cart=cart, variant=variant, unit_price_seen=1980)
    handler = Handler.objects.get(code=f"goods-house-{number}")
    order = Order.objects.create(
        user=user, email=user.email, checkout_key=uuid.uuid4(), subtotal=1980, total=1980, state=Order.State.PLACED,
        paid_at=now,
    )  # fmt: skip
    line = OrderLine.objects.create(
        order=order, variant=variant, handler=handler, name="品", unit_price=1980, quantity=1, tax_rate=10
    )
    OrderAddress.objects.create(order=order, **user.addresses.get().as_dict())
    OrderEvent.objects.create(order=order, kind="orders.order.made", actor=user)
    _money(number, order)
    _run(order, handler, user)
    _sending(number, order, line, handler)
    OutboundMail.objects.create(
        dedupe_key=f"order_confirmed:{order.number}", order=order, kind="order_confirmed", to=user.email,
        subject="ご注文", text="本文", message_id=f"<{number}@example.com>", state=OutboundMail.State.UNCERTAIN,
    )  # fmt: skip


def _money(number: int, order: Order) -> None:
    payment = Payment.objects.create(
        order=order, method=Payment.Method.ELEMENT, provider="memory", provider_ref=f"pi_{number}", amount=1980,
        captured=1980, refunded=100, state=Payment.State.SUCCEEDED, return_url="http://testserver/",
    )  # fmt: skip
    refund = Refund.objects.create(payment=payment, key=f"r{number}", amount=100, reason="傷")
    RefundLine.objects.create(refund=refund, order_line=order.lines.get(), quantity=0, amount=100)
    ProviderEntry.objects.create(
        provider="memory", kind="charge", ref=f"ch_{number}", amount=1980, currency="JPY", happened_at=timezone.now()
    )
    day = timezone.localdate() - timedelta(days=number)
    run = ReconciliationRun.objects.create(provider="memory", day=day, finished_at=timezone.now())
    Discrepancy.objects.create(
        run=run, provider="memory", kind=list(Discrepancy.Kind)[number % 6], about="charge", subject=f"ch_{number}",
        order=order, payment=payment, refund=refund, amount=1980, currency="JPY", found={"here": None},
    )  # fmt: skip
    ProviderEvent.objects.create(provider="stripe", event_id=f"evt_{number}", kind="payment", payload={"a": [1, 2]})
    document = TaxDocument.objects.create(
        number=f"D{number}", order=order, issuer="局", registration_number="T1234567890123", lines=[], total=1980
    )
    TaxDocumentSummary.objects.create(document=document, rate=10, gross=1980, tax=180)
    ReceiptIssue.objects.create(
        document=document, sequence=1, addressee="客", proviso="代", method="カード", issued_by=order.user
    )


def _run(order: Order, handler: Handler, actor: User) -> None:
    now = timezone.now()
    run = PipelineRun.objects.create(pipeline="purchase", version=1, order=order)
    for seq, name in enumerate(("charge", "grant", "instruct", "mail"), 1):
        stage = StageRun.objects.create(
            run=run, seq=seq, name=name, kind=StageRun.Kind.EXTERNAL, state=StageRun.State.PARKED, attempts=1,
            item=str(handler.pk) if name == "instruct" else "", error="kaput", output={"id": seq},
        )  # fmt: skip
        StageAttempt.objects.create(
            stage=stage, number=1, fence=1, worker="w", outcome=StageAttempt.Outcome.REFUSED, started_at=now
        )
        Effect.objects.create(
            stage=stage, key=stage.key, receiver="warehouse", operation="instruct", technique=Effect.Technique.KEY,
            request={"a": 1},
        )  # fmt: skip
        OperatorAction.objects.create(stage=stage, verb=OperatorAction.Verb.RETRY, actor=actor)
    Pause.objects.create(scope=Pause.Scope.SYSTEM, name=f"warehouse {order.pk}", reason="stocktaking", actor=actor)
    Circuit.objects.create(system=f"warehouse {order.pk}", failures=7, error="no answer", until=now)
    _archive(order)
    endpoint = WebhookEndpoint.objects.create(url=f"https://partner{order.pk}.example/")
    WebhookDelivery.objects.create(endpoint=endpoint, event=order.events.first(), until=now)
    SweeperBeat.objects.create(worker=f"host|{order.pk}|1")


def _sending(number: int, order: Order, line: OrderLine, handler: Handler) -> None:
    house = Warehouse.objects.get(code=f"house-{number}")
    placement = Placement.objects.create(order=order, handler=handler, total=1980)
    listed = ShippingList.objects.create(handler=handler, date=timezone.localdate())
    made = FulfillmentOrder.objects.create(
        placement=placement, order=order, warehouse=house, shipping_list=listed,
        temperature_class=TemperatureClass.AMBIENT,
    )  # fmt: skip
    FulfillmentLine.objects.create(fulfillment_order=made, order_line=line, quantity=1)
    parcel = Shipment.objects.create(
        fulfillment_order=made, external_id="p1", carrier="ヤマト運輸", shipped_at=timezone.now()
    )
    ShipmentLine.objects.create(shipment=parcel, order_line=line, quantity=1)


def _words(number: int, title: Title, variant: Variant) -> None:
    Page.objects.create(slug=f"page-{number}", name=f"頁{number}", body="本文")
    Notice.objects.create(text=f"知らせ{number}")
    RelatedGoods.objects.create(title=title, product=variant.product)


def _archive(order: Order) -> None:
    now = timezone.now()
    run = PipelineRun.objects.create(
        pipeline="archived", version=1, order=order, state="succeeded", finished_at=now, archived_at=now
    )
    made = PipelineArchive(
        run=run, order=order, pipeline="archived", version=1, state="succeeded", began_at=now, finished_at=now, stages=0
    )
    made.pack({"run": {"id": run.pk}, "actions": [], "stages": []})
    made.save()
