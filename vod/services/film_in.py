"""A master comes in: stored under a name of our own, known by a row, and queued for encoding."""

import filecmp
import re
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.validators import validate_slug

from accounts.models import User
from vod.models import Asset, Title, TranscodeJob
from vod.services import jobs

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


class BadSlug(Exception):
    """The slug cannot name a title's page."""


class NotAFilm(Exception):
    """The title is a series, which has no film of its own."""


class MasterTooLarge(Exception):
    """The file is larger than the setting MASTER_MAX_BYTES allows."""


def take_in(
    *, title: Title, file: "File[Any] | Path", original_name: str = "", actor: User | None, now: datetime
) -> Asset:
    """Take a master file into `title` and queue its encoding; its kind is found out there, whatever its name says.

    Raises `NotAFilm` for a series and `MasterTooLarge`.
    """
    asset = store_master(title=title, file=file, original_name=original_name, actor=actor, now=now)
    jobs.enqueue(asset, now=now)
    return asset


def store_master(
    *, title: Title, file: "File[Any] | Path", original_name: str = "", actor: User | None, now: datetime
) -> Asset:
    """Store a master under a random name. The row comes first, so that a sweep finds what a killed process left."""
    if isinstance(file, Path):
        with file.open("rb") as opened:
            return store_master(
                title=title, file=File(opened), original_name=original_name or file.name, actor=actor, now=now
            )
    refuse_series(title)
    refuse_too_large(file.size)
    asset = Asset(
        title=title,
        original_name=plain_name(original_name or file.name or ""),
        size=file.size,
        uploaded_by=actor,
        created_at=now,
    )
    field = Asset.file.field
    asset.file = field.generate_filename(asset, uuid.uuid4().hex)
    asset.save()
    try:
        field.storage.save(asset.file.name, file)
    except BaseException:
        discard(asset)
        raise
    return asset


def title_for_ingest(slug: str) -> tuple[Title, bool]:
    """The title with that slug, and whether it was made now, as a draft. Raises `BadSlug` or `NotAFilm`."""
    title, is_new = find_for_ingest(slug), False
    if title is None:
        title, is_new = Title.objects.get_or_create(slug=slug, defaults={"name": slug, "is_published": False})
    return title, is_new


def find_for_ingest(slug: str) -> Title | None:
    """The title with that slug, if there is one and it can hold a film. Raises `BadSlug` or `NotAFilm`."""
    try:
        validate_slug(slug)
    except ValidationError as error:
        raise BadSlug(f"The slug {slug!r} is not usable: write it with letters a-z, digits, - and _ alone.") from error
    if len(slug) > (longest := Title._meta.get_field("slug").max_length or 0):
        raise BadSlug(f"The slug has {len(slug)} characters; {longest} are the most.")
    title = Title.objects.filter(slug=slug).first()
    if title:
        refuse_series(title)
    return title


def unfinished(*, title: Title, path: Path) -> TranscodeJob | None:
    """The job of the very same file that an earlier command could not finish, so that it is not taken in twice."""
    open_states = (TranscodeJob.State.QUEUED, TranscodeJob.State.RUNNING)
    found = TranscodeJob.objects.filter(
        asset__title=title,
        asset__original_name=plain_name(path.name),
        asset__size=path.stat().st_size,
        state__in=open_states,
    ).select_related("asset__title")
    return next((job for job in found if _is_same(job.asset, path)), None)


def discard(asset: Asset) -> None:
    """Remove a master that came to nothing, its file and its rows with it."""
    if asset.file:
        asset.file.storage.delete(asset.file.name)
    asset.delete()


def discard_draft(title: Title) -> None:
    """Remove a title that was made for a master alone which then came to nothing."""
    if not title.is_published and not title.assets.exists() and not title.offers.exists():
        title.delete()


def refuse_series(title: Title) -> None:
    if title.kind == Title.Kind.SERIES:
        raise NotAFilm(f"{title.name} ({title.slug}) is a series; a film belongs to one of its episodes.")


def refuse_too_large(size: int) -> None:
    if size > settings.MASTER_MAX_BYTES:
        raise MasterTooLarge(
            f"The file has {size:,} bytes; at most {settings.MASTER_MAX_BYTES:,} are accepted. "
            "Export it at a lower bit rate."
        )


def plain_name(name: str) -> str:
    """A file's own name, without folders and unprintable signs, as it is shown to staff."""
    return _UNPRINTABLE.sub("", Path(name.replace("\\", "/")).name)[-255:]


def _is_same(asset: Asset, path: Path) -> bool:
    try:
        return filecmp.cmp(asset.file.path, path, shallow=False)
    except (NotImplementedError, FileNotFoundError, ValueError):  # kept elsewhere, or gone: name and size must do
        return bool(asset.file) and asset.file.storage.exists(asset.file.name)
