"""Staff's pages of the video service: what there is to watch, the films themselves, offers and rights."""

from vod.admin import catalogue, film, rights

__all__ = ["catalogue", "film", "rights"]
