"""The repository as the architecture tests read it: its files, its functions, its apps and their order."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("accounts", "vod", "shop", "orders", "cms")
# An app may point at itself and at what stands in its row: never up, and vod and shop never at each other.
MAY_POINT_AT = {
    "accounts": {"accounts"},
    "vod": {"vod", "accounts"},
    "shop": {"shop", "accounts"},
    "orders": {"orders", "vod", "shop", "accounts"},
    "cms": {"cms", "orders", "vod", "shop", "accounts"},
}


@cache
def files() -> tuple[Path, ...]:
    """Every file that belongs to the repository or is about to (not ignored), relative to its root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(Path(name) for name in sorted(listed.stdout.split("\0")) if name and (ROOT / name).is_file())


def python_files(*folders: str) -> Iterator[Path]:
    """Our Python files below the folders, without migrations, which are made by a program."""
    for path in files():
        if path.suffix == ".py" and path.parts[0] in folders and "migrations" not in path.parts:
            yield path


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(), filename=str(path))


def text(path: Path) -> str:
    """The file as text; a picture or another binary file is empty here."""
    try:
        return (ROOT / path).read_text()
    except UnicodeDecodeError:
        return ""


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file with the last part of the called name: `django.urls.reverse(…)` gives `reverse`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            called = node.func
            yield (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")), node


def first_text(call: ast.Call) -> str:
    """The first argument where it is a plain text, else nothing."""
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
