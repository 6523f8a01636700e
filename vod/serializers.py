"""How titles, offers and rights to watch are sent by the REST API."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.lib.tax import rate_for
from vod import queries
from vod.models import Entitlement, Genre, Offer, Title

ACCESS = [
    ("free", _("can be watched without paying")),
    ("rental", _("can be rented")),
    ("coming", _("is announced; there is no film yet")),
    ("none", _("cannot be watched at the moment")),
]
STATES = ["not_begun", "running", "upcoming", "ended", "suspended", "revoked"]


class GenreSerializer(serializers.ModelSerializer[Genre]):
    """A genre, in both languages."""

    class Meta:
        model = Genre
        fields = ["slug", "name", "name_en"]


class SeriesSerializer(serializers.ModelSerializer[Title]):
    """The series of an episode, in brief."""

    class Meta:
        model = Title
        fields = ["slug", "name", "name_en"]


class OfferSerializer(serializers.ModelSerializer[Offer]):
    """The terms under which a title is to be had now."""

    price = serializers.IntegerField(help_text=_("In yen, tax included; 0 where it is free."))
    currency = serializers.SerializerMethodField(help_text=_("Always JPY."))
    tax_rate = serializers.SerializerMethodField(help_text=_("The rate in percent that is in the price today."))
    ends_at = serializers.DateTimeField(allow_null=True, help_text=_("On sale until then; null where no end is set."))
    start_within_days = serializers.SerializerMethodField(
        help_text=_("A rental must be begun within so many days; null where it is free.")
    )
    viewing_hours = serializers.SerializerMethodField(
        help_text=_("A rental lasts so many hours from its first play; null where it is free.")
    )

    class Meta:
        model = Offer
        fields = ["kind", "price", "currency", "tax_rate", "starts_at", "ends_at", "start_within_days", "viewing_hours"]

    def get_currency(self, offer: Offer) -> str:
        return "JPY"

    def get_tax_rate(self, offer: Offer) -> int:
        return rate_for(offer.tax_category, timezone.localdate())

    def get_start_within_days(self, offer: Offer) -> int | None:
        return None if offer.kind == Offer.Kind.FREE else offer.start_within_days

    def get_viewing_hours(self, offer: Offer) -> int | None:
        return None if offer.kind == Offer.Kind.FREE else offer.viewing_hours


class TitleSerializer(serializers.ModelSerializer[Title]):
    """A film, a series or an episode that viewers may see."""

    genres = GenreSerializer(many=True)
    year = serializers.IntegerField(allow_null=True)
    duration_s = serializers.FloatField(
        allow_null=True, help_text=_("The length in seconds; null for a series, and until there is a film.")
    )
    artwork_wide = serializers.ImageField(allow_null=True, help_text=_("A picture of 16:9, or null."))
    artwork_tall = serializers.ImageField(allow_null=True, help_text=_("A picture of 2:3, or null."))
    series = SeriesSerializer(
        source="episode.season.series", allow_null=True, help_text=_("Of an episode: its series. Else null.")
    )
    season = serializers.IntegerField(source="episode.season.number", allow_null=True)
    episode = serializers.IntegerField(source="episode.number", allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True, help_text=_("Published until then; null where no end is set."))
    access = serializers.SerializerMethodField(
        help_text=_("How anybody can watch it: free, rental, coming (announced, no film yet) or none.")
    )
    offers = serializers.SerializerMethodField(
        help_text=_("What is on sale, the cheapest first. The rental of a series holds for its episodes.")
    )
    url = serializers.SerializerMethodField(help_text=_("Its page on the site."))

    class Meta:
        model = Title
        fields = [
            "slug", "kind", "name", "name_en", "reading", "synopsis", "synopsis_en", "cast", "cast_en", "genres",
            "year", "rating", "duration_s", "artwork_wide", "artwork_tall", "series", "season", "episode",
            "starts_at", "ends_at", "access", "offers", "url",
        ]  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=ACCESS))
    def get_access(self, title: Title) -> str:
        return queries.access_to(title, self.context["offers"][title.pk], None).kind

    @extend_schema_field(OfferSerializer(many=True))
    def get_offers(self, title: Title) -> Any:
        """Nothing is sold that cannot be played yet."""
        on_sale = [] if self.get_access(title) == "coming" else self.context["offers"][title.pk]
        return OfferSerializer(on_sale, many=True).data

    @extend_schema_field(serializers.URLField())
    def get_url(self, title: Title) -> str:
        return self.context["request"].build_absolute_uri(title.get_absolute_url())


class HeldTitleSerializer(serializers.ModelSerializer[Title]):
    """What a right holds for; the right to a series holds for its episodes."""

    url = serializers.SerializerMethodField(help_text=_("Its page on the site."))

    class Meta:
        model = Title
        fields = ["slug", "kind", "name", "name_en", "url"]

    @extend_schema_field(serializers.URLField())
    def get_url(self, title: Title) -> str:
        return self.context["request"].build_absolute_uri(title.get_absolute_url())


class EntitlementSerializer(serializers.ModelSerializer[Entitlement]):
    """A right of the member to watch."""

    title = HeldTitleSerializer()
    state = serializers.SerializerMethodField(
        help_text=_("not_begun and running can be watched now; upcoming, ended, suspended and revoked cannot.")
    )
    ends_at = serializers.DateTimeField(
        allow_null=True, help_text=_("Before the first play the last moment to begin, afterwards the end.")
    )
    viewing_hours = serializers.IntegerField(
        help_text=_("So many hours from the first play; 0 where that sets no end.")
    )
    first_played_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        model = Entitlement
        fields = ["title", "source", "state", "starts_at", "ends_at", "viewing_hours", "first_played_at"]

    @extend_schema_field(serializers.ChoiceField(choices=STATES))
    def get_state(self, right: Entitlement) -> str:
        return state_of(right, self.context["now"])


def state_of(right: Entitlement, now: Any) -> str:
    """The first that holds: what was taken away, what is not yet or no longer, and then whether its clock runs."""
    return next(
        state
        for state, holds in (
            ("revoked", right.revoked_at),
            ("suspended", right.suspended_at),
            ("upcoming", right.starts_at > now),
            ("ended", right.ends_at and right.ends_at <= now),
            ("not_begun", right.waits_for_first_play),
            ("running", True),
        )
        if holds
    )
