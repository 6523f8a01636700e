"""Titles with a film: rows and files as an ingest leaves them, without the time that encoding takes."""

import uuid
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from accounts.models import User
from tests import builders
from vod.models import Asset, Entitlement, Package, PackageKey, Rendition, Title
from vod.services import entitlements
from vod.services.packages import segment_path

KEYS = (b"first key 123456", b"second key 12345")
SEGMENTS = [[6.0, 100], [6.0, 90], [3.5, 40]]


def with_film(title: Title) -> Package:
    """Two renditions of three segments under two keys, the second from segment 2 on."""
    asset = Asset.objects.create(title=title, state=Asset.State.READY, original_name="film.mp4")
    package = Package.objects.create(
        title=title, asset=asset, folder=f"{title.slug}/{uuid.uuid4()}", duration_s=15.5, is_current=True
    )
    for name, width, height, bandwidth in (("720p", 1280, 720, 2_400_000), ("360p", 640, 360, 700_000)):
        Rendition.objects.create(
            package=package,
            name=name,
            width=width,
            height=height,
            bandwidth=bandwidth,
            average_bandwidth=bandwidth // 2,
            codecs="avc1.64001f,mp4a.40.2",
            frame_rate=30.0,
            segments=SEGMENTS,
        )
        for number in range(len(SEGMENTS)):
            storages["packages"].save(segment_path(package, name, number), ContentFile(f"{name} {number}".encode()))
    for number, (first, secret) in enumerate(zip((0, 2), KEYS, strict=True)):
        PackageKey.objects.create(package=package, number=number, first_sequence=first, secret=secret)
    return package


def rental_film(**fields: object) -> Title:
    """A published title that can be rented for 330 yen, with its film."""
    title = builders.title(**fields)
    builders.rental(title)
    with_film(title)
    return title


def free_film(**fields: object) -> Title:
    title = builders.title(**fields)
    builders.free_offer(title)
    with_film(title)
    return title


def rented(user: User, title: Title, now: datetime, *, viewing_hours: int = 48) -> Entitlement:
    """The right that a paid order gives."""
    return entitlements.grant(
        user=user,
        title=title,
        source=Entitlement.Source.RENTAL,
        reference=uuid.uuid4(),
        now=now,
        start_within_days=30,
        viewing_hours=viewing_hours,
    )


def begun(user: User, title: Title, at: datetime, *, viewing_hours: int = 48) -> Entitlement:
    """A rental whose clock was started at `at`."""
    right = rented(user, title, at - timedelta(minutes=5), viewing_hours=viewing_hours)
    return entitlements.begin(entitlement=right, now=at)
