"""A finished package on its way to viewers: files into the storage first, then its rows, all at once."""

import uuid
from collections.abc import Callable
from pathlib import Path

from django.core.files import File
from django.core.files.storage import storages

from vod.models import Asset, Package, PackageKey, Rendition
from vod.transcoding.base import TranscodeFailed
from vod.transcoding.packaging import POSTER_NAME, Packaged, segment_name


def folder_for(asset: Asset, fence: int) -> str:
    """Where the package of one attempt lies: a path that is never used twice and cannot be guessed.

    It follows from the master's random name and the attempt's fence, so that a later attempt finds and removes what
    a killed one left.
    """
    return f"{asset.title.slug}/{uuid.uuid5(uuid.NAMESPACE_URL, f'{asset.file.name}#{fence}')}"


def store(packaged: Packaged, folder: str, *, after_each: Callable[[float], None]) -> None:
    """Copy a package into the storage under `folder`; `after_each` gets the share done, 0 to 1."""
    storage = storages["packages"]
    files = sorted(path for path in packaged.folder.rglob("*") if path.is_file())
    for number, path in enumerate(files, start=1):
        name = f"{folder}/{path.relative_to(packaged.folder).as_posix()}"
        with path.open("rb") as file:
            if storage.save(name, File(file)) != name:
                raise TranscodeFailed("storage", f"There is a file {name} already.", is_transient=True)
        after_each(number / len(files))


def remove(folder: str) -> None:
    """Remove a folder and all in it from the storage; one that is not there is fine."""
    storage = storages["packages"]
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in folders:
        remove(f"{folder}/{name}")
    for name in files:
        storage.delete(f"{folder}/{name}")
    storage.delete(folder)


def remove_unknown(folder: str) -> None:
    """Remove what a failed attempt put there; a folder that a package refers to stays."""
    if not Package.objects.filter(folder=folder).exists():
        remove(folder)


def add_rows(asset: Asset, packaged: Packaged, folder: str) -> Package:
    """Make the package known, and current unless a newer master of the title is; the earlier one stays kept.

    The caller holds the title's lock and the transaction.
    """
    others = Package.objects.filter(title=asset.title, is_current=True)
    is_newest = not others.filter(asset_id__gt=asset.pk).exists()
    if is_newest:
        others.update(is_current=False)
    package = Package.objects.create(
        title=asset.title, asset=asset, folder=folder, duration_s=packaged.duration_s, is_current=is_newest
    )
    Rendition.objects.bulk_create(_renditions(package, packaged))
    PackageKey.objects.bulk_create(
        PackageKey(package=package, number=number, first_sequence=key.first_sequence, secret=key.key)
        for number, key in enumerate(packaged.keys)
    )
    return package


def segment_path(package: Package, rendition: str, sequence: int) -> str:
    """The name of one segment's file in the storage."""
    return f"{package.folder}/{rendition}/{segment_name(sequence)}"


def poster(package: Package) -> bytes | None:
    """The still that was chosen from the film, as JPEG."""
    storage = storages["packages"]
    name = str(Path(package.folder) / POSTER_NAME)
    if not storage.exists(name):
        return None
    with storage.open(name) as file:
        return bytes(file.read())


def _renditions(package: Package, packaged: Packaged) -> list[Rendition]:
    return [
        Rendition(
            package=package,
            name=made.name,
            width=made.width,
            height=made.height,
            bandwidth=made.bandwidth,
            average_bandwidth=made.average_bandwidth,
            codecs=made.codecs,
            frame_rate=float(made.frame_rate),
            segments=[[segment.duration_s, segment.size_bytes] for segment in made.segments],
        )
        for made in packaged.renditions
    ]
