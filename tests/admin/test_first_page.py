"""The first page: its figures are those of the rows, and nobody sees what is not theirs."""

import gettext
from datetime import datetime, timedelta
from pathlib import Path

import django
import unfold
from django.utils import timezone

from cms.staff import labels
from cms.staff.dashboard import dashboard
from config.lib.money import yen
from orders.models import Order, ProviderEvent, Refund, StageRun
from scripts import messages
from tests.admin.rows import fill
from vod.models import Asset


def _everything(_permission: str) -> bool:
    return True


def test_the_figures_are_those_of_the_paid_orders_of_the_day(db):
    fill(3)
    now = timezone.now()
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(now), datetime.min.time()))
    first, second, third = Order.objects.order_by("pk")
    for order, paid_at in ((first, midnight), (second, midnight - timedelta(seconds=1)), (third, None)):
        Order.objects.filter(pk=order.pk).update(paid_at=paid_at)
    seen = dashboard(now, may=_everything)
    assert [(day.count, day.total) for day in seen.days[:3]] == [(1, 1980), (1, 1980), (0, 0)]
    assert [figure.value for figure in seen.figures] == ["1", yen(1980), yen(3960)]


def test_each_figure_and_each_care_leads_to_the_rows_behind_it(visit, chief):
    fill(2)
    Asset.objects.update(state=Asset.State.FAILED)
    Refund.objects.update(state=Refund.State.FAILED)
    ProviderEvent.objects.update(received_at=timezone.now() - timedelta(hours=1))
    StageRun.objects.filter(name="instruct").update(started_at=timezone.now() - timedelta(days=2))
    client = visit(chief)
    board = client.get("/admin/").context["dashboard"]
    counts = {care.href: client.get(care.href).context["cl"].result_count for care in board.cares}
    assert counts == {care.href: care.count for care in board.cares}
    assert all(counts.values())
    assert client.get(board.figures[0].href).context["cl"].result_count == 2


def test_an_event_that_came_just_now_is_no_care_yet(db):
    ProviderEvent.objects.create(provider="stripe", event_id="evt_1", kind="charge", payload={})
    assert not dashboard(timezone.now(), may=_everything).open_cares


def test_carol_sees_no_money_on_her_first_page(visit, carol):
    fill(1)
    board = visit(carol).get("/admin/").context["dashboard"]
    assert (board.figures, board.newest, board.sees_orders, board.sees_films) == ((), (), False, True)


def test_every_text_of_the_theme_without_japanese_is_in_our_list():
    """A new release of the theme that says something new fails here."""
    assert not _texts_of_the_theme() - _texts_in_django() - set(labels.THEME_LABELS) - set(labels.UNUSED_LABELS)


def _texts_of_the_theme() -> set[str]:
    root = Path(unfold.__file__).parent
    files = [path for path in root.rglob("*") if path.suffix in {".py", ".html"} and "contrib" not in path.parts]
    return {message.msgid for path in files for message in messages.texts_in(path) if not message.plural}


def _texts_in_django() -> set[str]:
    root, texts = Path(django.__file__).parent, set()
    for place in ("conf", "contrib/admin", "contrib/auth"):
        with (root / place / "locale/ja/LC_MESSAGES/django.mo").open("rb") as file:
            catalogue = gettext.GNUTranslations(file)._catalog
        texts |= {key if isinstance(key, str) else key[0] for key, text in catalogue.items() if text}
    return texts
