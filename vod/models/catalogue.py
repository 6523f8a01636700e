"""What there is to watch: titles, and how episodes stand in a series."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.lib.localized import Localized
from config.lib.published import Published, PublishedQuerySet
from config.lib.text import fold


class Genre(models.Model):
    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=50)
    name_en = models.CharField(_("name in English"), max_length=50, blank=True)

    display_name = Localized("name")

    class Meta:
        verbose_name = _("genre")
        verbose_name_plural = _("genres")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TitleQuerySet(PublishedQuerySet["Title"]):
    def playable(self) -> "TitleQuerySet":
        return self.filter(packages__is_current=True)

    def watchable_kinds(self) -> "TitleQuerySet":
        """Films and episodes: what can be played itself, unlike a series."""
        return self.exclude(kind=Title.Kind.SERIES)

    def matching(self, query: str) -> "TitleQuerySet":
        """Those whose name, reading, cast or synopsis hold every word of `query`, whatever its script or width."""
        found = self
        for word in fold(query).split():
            found = found.filter(search_text__contains=word)
        return found


class Title(Published):
    """Whatever has a page of its own: a film, a series, or an episode of one."""

    class Kind(models.TextChoices):
        FILM = "film", pgettext_lazy("kind of title", "film")
        SERIES = "series", _("series")
        EPISODE = "episode", _("episode")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.FILM)
    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    name = models.CharField(pgettext_lazy("name", "title"), max_length=120)
    name_en = models.CharField(_("title in English"), max_length=120, blank=True)
    reading = models.CharField(_("reading (kana)"), max_length=200, blank=True)
    synopsis = models.TextField(_("synopsis"), blank=True)
    synopsis_en = models.TextField(_("synopsis in English"), blank=True)
    cast = models.CharField(_("cast"), max_length=300, blank=True)
    cast_en = models.CharField(_("cast in English"), max_length=300, blank=True)
    genres = models.ManyToManyField(Genre, verbose_name=_("genres"), blank=True, related_name="titles")
    year = models.PositiveSmallIntegerField(_("year"), null=True, blank=True)
    rating = models.CharField(_("age rating"), max_length=10, blank=True, default="G")
    artwork_wide = models.ImageField(_("artwork 16:9"), upload_to="titles/", blank=True)
    artwork_tall = models.ImageField(_("artwork 2:3"), upload_to="titles/", blank=True)
    search_text = models.TextField(editable=False, default="", blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    display_name = Localized("name")
    display_synopsis = Localized("synopsis")
    display_cast = Localized("cast")
    objects = TitleQuerySet.as_manager()

    class Meta:
        verbose_name = _("title")
        verbose_name_plural = _("titles")
        ordering = ["-starts_at", "-pk"]
        indexes = [models.Index(fields=["is_published", "-starts_at"], name="title_published_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=models.F("starts_at")), name="title_window_is_forward"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        self.search_text = fold(
            " ".join((self.name, self.name_en, self.reading, self.cast, self.cast_en, self.synopsis, self.synopsis_en))
        )
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def get_absolute_url(self) -> str:
        return reverse("vod:title", args=[self.slug])

    @property
    def current_package(self):  # type: ignore[no-untyped-def]
        """The package that is played now, from what is prefetched where it is."""
        return next((package for package in self.packages.all() if package.is_current), None)


class Season(models.Model):
    series = models.ForeignKey(Title, models.CASCADE, related_name="seasons", verbose_name=_("series"))
    number = models.PositiveSmallIntegerField(_("number"), default=1)
    name = models.CharField(_("name"), max_length=80, blank=True)
    name_en = models.CharField(_("name in English"), max_length=80, blank=True)

    display_name = Localized("name")

    class Meta:
        verbose_name = _("season")
        verbose_name_plural = _("seasons")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["series", "number"], name="season_number_unique_in_series")]

    def __str__(self) -> str:
        return f"{self.series} {self.number}"


class Episode(models.Model):
    """The place of one title in a season."""

    title = models.OneToOneField(Title, models.CASCADE, related_name="episode", verbose_name=_("title"))
    season = models.ForeignKey(Season, models.CASCADE, related_name="episodes", verbose_name=_("season"))
    number = models.PositiveSmallIntegerField(_("number"))

    class Meta:
        verbose_name = _("episode")
        verbose_name_plural = _("episodes")
        ordering = ["season__number", "number"]
        constraints = [models.UniqueConstraint(fields=["season", "number"], name="episode_number_unique_in_season")]

    def __str__(self) -> str:
        return f"{self.season} #{self.number}"
