from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        """Make the pipelines, receivers and sweeps known before anything runs."""
        from orders import checks, receivers, sweeper  # noqa: F401
        from orders.pipeline import cancel, purchase, refund  # noqa: F401
