"""Everything the video service keeps: what there is to watch, the film itself, on which terms, and who may."""

from vod.models.catalogue import Episode, Genre, Season, Title
from vod.models.film import Asset, Package, PackageKey, Rendition, TranscodeJob
from vod.models.offers import Entitlement, Offer
from vod.models.playback import PlaybackSession, Progress

__all__ = [
    "Asset",
    "Entitlement",
    "Episode",
    "Genre",
    "Offer",
    "Package",
    "PackageKey",
    "PlaybackSession",
    "Progress",
    "Rendition",
    "Season",
    "Title",
    "TranscodeJob",
]
