"""The REST API of the video service: titles, and a member's rights to watch."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from config.lib.api.views import Detail, Listing, OwnData, PageQuery, Reading
from vod import queries
from vod.models import Entitlement, Title
from vod.serializers import EntitlementSerializer, TitleSerializer


class TitleQuery(PageQuery):
    """What the list of titles can be narrowed to."""

    kind = serializers.ChoiceField(
        choices=Title.Kind.choices, required=False, help_text=_("Titles of that kind alone.")
    )
    series = serializers.SlugField(required=False, help_text=_("The episodes of the series with that slug alone."))
    q = serializers.CharField(
        required=False,
        max_length=100,
        help_text=_("Titles that hold every word, in whatever script or width it is written."),
    )


class _Titles(Reading):
    """What both endpoints of titles share."""

    serializer_class = TitleSerializer
    queryset = Title.objects.none()

    def published(self, now: datetime) -> QuerySet[Title]:
        return queries.titles_with_length().published(now).prefetch_related("genres")

    def represent(self, rows: Sequence[Title]) -> list[Any]:
        context = {"request": self.request, "offers": queries.offers_for(rows, timezone.now())}
        return list(TitleSerializer(rows, many=True, context=context).data)


class TitleList(_Titles, Listing):
    operation_id = "listTitles"
    tag = "titles"
    summary = _("Titles")
    description = _("Films, series and episodes that viewers may see now, the newest entry first.")
    query_serializer = TitleQuery

    def get_queryset(self) -> QuerySet[Title]:
        now, asked = timezone.now(), self.asked
        titles = queries.narrowed(self.published(now), now=now, series=self._series(now))
        titles = titles.filter(kind=asked["kind"]) if "kind" in asked else titles
        return queries.matching(titles, asked["q"]) if "q" in asked else titles

    def _series(self, now: datetime) -> str:
        """The series asked for, which must be one: an empty list would hide a slip of the pen."""
        slug = self.asked.get("series", "")
        if slug and not queries.series(now).filter(slug=slug).exists():
            raise ValidationError({"series": [_("There is no series with this slug.")]})
        return slug


class TitleDetail(_Titles, Detail):
    operation_id = "readTitle"
    tag = "titles"
    summary = _("One title")
    description = _(
        "A film, a series or an episode. The parameter `series` of the list gives the episodes of a series."
    )
    missing = _("There is no title with this slug, or it is not published now.")

    def get_queryset(self) -> QuerySet[Title]:
        return self.published(timezone.now())


class EntitlementQuery(PageQuery):
    """What the list of rights can be narrowed to."""

    live = serializers.BooleanField(
        required=False, help_text=_("true: what can be watched now; false: what cannot be.")
    )


class OwnEntitlements(OwnData, Listing):
    operation_id = "listOwnEntitlements"
    tag = "me"
    summary = _("The member's rights to watch")
    description = _("What was rented, whether it can still be watched, and until when. The newest first.")
    query_serializer = EntitlementQuery
    serializer_class = EntitlementSerializer
    queryset = Entitlement.objects.none()
    refusals = (400, 401, 429)

    def get_queryset(self) -> QuerySet[Entitlement]:
        rights = Entitlement.objects.visible_to(self.request.user).select_related("title")
        live = Entitlement.objects.live_at(timezone.now()).values("pk")
        if "live" not in self.asked:
            return rights
        return rights.filter(pk__in=live) if self.asked["live"] else rights.exclude(pk__in=live)

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"now": timezone.now()}
