"""What a person reads in a PDF, and sees of it, by a reader that knows nothing of how it was made."""

from pathlib import Path

import pypdfium2


def text_of(document: bytes) -> str:
    """All its text as it would be copied out, pages joined by line ends."""
    pages = pypdfium2.PdfDocument(document)
    return "\n".join(page.get_textpage().get_text_bounded() for page in pages).replace("\r\n", "\n")


def pictures_of(document: bytes, folder: Path, name: str) -> list[Path]:
    """Each page as a picture."""
    made = []
    for number, page in enumerate(pypdfium2.PdfDocument(document), 1):
        made.append(folder / f"{name}-{number}.png")
        page.render(scale=1.5).to_pil().save(made[-1])
    return made
