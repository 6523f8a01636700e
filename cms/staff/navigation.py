"""The sidebar: pages grouped by the work they are for. Each person sees those they may open."""

from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse, reverse_lazy
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# Heading, then model and symbol of each page, in the order of the work.
GROUPS: tuple[tuple[Any, tuple[tuple[str, str], ...]], ...] = (
    (
        pgettext_lazy("staff", "Programmes"),
        (
            ("vod.Title", "movie"),
            ("vod.Season", "video_library"),
            ("vod.Asset", "upload_file"),
            ("vod.TranscodeJob", "settings_slow_motion"),
            ("vod.Offer", "sell"),
            ("vod.Genre", "category"),
        ),
    ),
    (
        pgettext_lazy("staff", "Goods"),
        (
            ("shop.Product", "redeem"),
            ("shop.Variant", "style"),
            ("shop.StockItem", "inventory_2"),
            ("shop.StockMovement", "swap_vert"),
            ("shop.Category", "folder"),
            ("shop.ShippingRate", "local_shipping"),
        ),
    ),
    (
        pgettext_lazy("staff", "Orders"),
        (
            ("orders.Order", "receipt_long"),
            ("orders.PipelineRun", "account_tree"),
            ("orders.StageRun", "pan_tool"),
            ("orders.Pause", "pause_circle"),
            ("orders.PipelineArchive", "inventory"),
            ("orders.OutboundMail", "mail"),
            ("orders.Cart", "shopping_cart"),
        ),
    ),
    (
        pgettext_lazy("staff", "Shipping"),
        (
            ("orders.ShippingList", "checklist"),
            ("orders.FulfillmentOrder", "pallet"),
            ("orders.Shipment", "package_2"),
            ("orders.Placement", "assignment"),
            ("orders.Handler", "badge"),
            ("shop.Warehouse", "warehouse"),
        ),
    ),
    (
        pgettext_lazy("staff", "Money"),
        (
            ("orders.Payment", "payments"),
            ("orders.Refund", "undo"),
            ("orders.TaxDocument", "description"),
            ("orders.ReconciliationRun", "balance"),
            ("orders.Discrepancy", "rule"),
            ("orders.ReceiptIssue", "receipt"),
            ("orders.ProviderEvent", "webhook"),
        ),
    ),
    (
        pgettext_lazy("staff", "Customers"),
        (
            ("accounts.User", "person"),
            ("accounts.Address", "home_pin"),
            ("vod.Entitlement", "key"),
            ("accounts.Consent", "fact_check"),
        ),
    ),
    (
        pgettext_lazy("staff", "Site"),
        (
            ("cms.Page", "article"),
            ("cms.Notice", "campaign"),
            ("cms.RelatedGoods", "link"),
            ("orders.WebhookEndpoint", "outgoing_mail"),
            ("orders.WebhookDelivery", "send"),
            ("auth.Group", "groups"),
            ("allauth_idp_oidc.Client", "login"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar as the theme wants it."""
    first = {"title": _("Today"), "icon": "today", "link": reverse_lazy("admin:index")}
    groups = [{"title": heading, "items": [_item(*page) for page in pages]} for heading, pages in GROUPS]
    return [{"items": [first]}, *groups, *_development()]


def _item(label: str, symbol: str) -> dict[str, Any]:
    meta = apps.get_model(label)._meta
    return {
        "title": capfirst(meta.verbose_name_plural),
        "icon": symbol,
        "link": reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"),
        "permission": partial(_may_see, meta.app_label, meta.model_name),
    }


def _may_see(app: str, model: str, request: HttpRequest) -> bool:
    user = request.user
    return user.has_perm(f"{app}.view_{model}") or user.has_perm(f"{app}.change_{model}")  # type: ignore[union-attr]


def _development() -> list[dict[str, Any]]:
    """The pages of the stand-ins, where they stand in."""
    if settings.PRODUCTION:
        return []
    places = (
        (_("Payment stand-in"), "credit_card", settings.STRIPE_JS_URL),
        (_("Warehouse stand-in"), "forklift", settings.WAREHOUSE_API_URL),
        (_("kintone stand-in"), "table_chart", settings.KINTONE_URL),
        (pgettext_lazy("staff", "Mailbox"), "inbox", settings.MAIL_SANDBOX_URL),
    )
    items = [
        {"title": title, "icon": symbol, "link": _origin(url), "active": False}
        for title, symbol, url in places
        if urlsplit(url).hostname in ("localhost", "127.0.0.1")
    ]
    return [{"title": pgettext_lazy("staff", "Development"), "separator": True, "items": items}] if items else []


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"
