"""The station's own words: pages, notices, and which goods belong to which title."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.lib.localized import Localized
from shop.models import Product
from vod.models import Title


class Page(models.Model):
    """A page of text: sales law, terms, privacy, contact. Written in Markdown; HTML in it is shown, not run."""

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    name = models.CharField(_("heading"), max_length=100)
    name_en = models.CharField(_("heading in English"), max_length=100, blank=True)
    body = models.TextField(_("text"))
    body_en = models.TextField(_("text in English"), blank=True)
    position = models.PositiveSmallIntegerField(_("position in the footer"), default=0)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    display_name = Localized("name")
    display_body = Localized("body")

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("cms:page", args=[self.slug])


class NoticeQuerySet(models.QuerySet["Notice"]):
    def shown_at(self, now: datetime) -> "NoticeQuerySet":
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), starts_at__lte=now)


class Notice(models.Model):
    """A notice on every page: an incident, a maintenance, an emergency."""

    text = models.CharField(_("text"), max_length=200)
    text_en = models.CharField(_("text in English"), max_length=200, blank=True)
    starts_at = models.DateTimeField(_("from"), default=timezone.now)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    display_text = Localized("text")
    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")

    def __str__(self) -> str:
        return self.text


class RelatedGoods(models.Model):
    """Goods that come from a title; shown beside it and beside its episodes."""

    title = models.ForeignKey(Title, models.CASCADE, related_name="related_goods", verbose_name=_("title"))
    product = models.ForeignKey(Product, models.CASCADE, related_name="related_titles", verbose_name=_("product"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("related goods")
        verbose_name_plural = _("related goods")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["title", "product"], name="relatedgoods_once")]

    def __str__(self) -> str:
        return f"{self.title}: {self.product}"
