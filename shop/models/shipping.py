"""What it costs to send goods."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Prefecture
from shop.models.catalogue import TemperatureClass


class ShippingRate(models.Model):
    """The fee for one parcel of a temperature class to a prefecture."""

    prefecture = models.PositiveSmallIntegerField(_("prefecture"), choices=Prefecture.choices)
    temperature_class = models.CharField(
        _("temperature"), max_length=10, choices=TemperatureClass, default=TemperatureClass.AMBIENT
    )
    fee = models.PositiveIntegerField(_("fee in yen, tax included"))

    class Meta:
        verbose_name = _("shipping rate")
        verbose_name_plural = _("shipping rates")
        ordering = ["prefecture"]
        constraints = [
            models.UniqueConstraint(
                fields=["prefecture", "temperature_class"], name="shippingrate_one_per_place_and_class"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_prefecture_display()} {self.fee}"
