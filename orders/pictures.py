"""The picture that stands for a variant in a cart, an order, a list."""

from shop.models import ProductImage, Variant


def picture_of(variant: Variant | None) -> ProductImage | None:
    """The variant's own picture, else one of the product as a whole, from what is prefetched."""
    pictures = list(variant.product.images.all()) if variant else []
    own = [picture for picture in pictures if variant and picture.variant_id == variant.pk]
    general = [picture for picture in pictures if picture.variant_id is None]
    return next(iter([*own, *general, *pictures]), None)
