"""What search engines read of a product, in the vocabulary of schema.org; it says exactly what the page shows."""

from collections.abc import Callable
from typing import Any

from shop.models import Product
from shop.queries import Choice

_AVAILABILITY = {
    "in_stock": "https://schema.org/InStock",
    "few": "https://schema.org/LimitedAvailability",
    "none": "https://schema.org/OutOfStock",
}


def of_product(product: Product, choice: Choice, absolute: Callable[[str], str]) -> dict[str, Any]:
    """A Product with the Offer of the variant that is shown (https://schema.org/Product)."""
    address = absolute(f"{product.get_absolute_url()}?variant={choice.variant.sku}")
    pictures = [absolute(row.image.url) for row in product.pictures]  # type: ignore[attr-defined]
    return {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": f"{product.display_name} {choice.variant.display_label}".strip(),
        "description": product.display_description or product.display_name,
        "sku": choice.variant.sku,
        "image": pictures,
        "url": address,
        "offers": {
            "@type": "Offer",
            "price": str(choice.variant.price),
            "priceCurrency": "JPY",
            "availability": _AVAILABILITY[choice.stock.state],
            "url": address,
        },
    }
