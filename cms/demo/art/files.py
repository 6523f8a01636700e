"""Pictures into files: small enough for a page, the same bytes for the same drawing."""

from pathlib import Path

from PIL import Image

QUALITIES = (88, 82, 76, 70, 64)
LIMIT = 120_000


def save(picture: Image.Image, path: Path, *, limit: int = LIMIT) -> Path:
    """Write WebP, JPEG or PNG by the suffix; WebP and JPEG step down in quality until under `limit` bytes."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".png":
        picture.save(path, optimize=True)
        return path
    for quality in QUALITIES:
        _write(picture.convert("RGB"), path, quality)
        if path.stat().st_size <= limit:
            break
    return path


def _write(picture: Image.Image, path: Path, quality: int) -> None:
    if path.suffix == ".webp":
        picture.save(path, quality=quality, method=4)
    else:
        picture.save(path, quality=quality, optimize=True, subsampling=0)
