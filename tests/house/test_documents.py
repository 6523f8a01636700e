"""What the documents say is so: commands exist, links lead somewhere, every setting and every word is explained."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import get_commands

from scripts import install
from tests.architecture.sources import APPS, ROOT

DOCUMENTS = sorted(
    path.relative_to(ROOT)
    for folder in (".", "docs")
    for path in (ROOT / folder).glob("*.md" if folder == "." else "**/*.md")
)
SETTINGS = (ROOT / "config" / "settings.py").read_text()
REFERENCE = (ROOT / "docs" / "reference" / "settings.md").read_text()
GLOSSARY = (ROOT / "docs" / "reference" / "glossary.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
COMMAND = re.compile(r"\b(?:\w+=\S+ )?make ([a-z][a-z-]*)\b")


def code(path: Path) -> str:
    """What a document sets in code: spans and blocks."""
    text = (ROOT / path).read_text()
    return "\n".join(re.findall(r"```.*?```|`[^`]+`", text, re.S))


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_the_make_targets_that_a_document_names_exist(path):
    named = set(COMMAND.findall(code(path)))
    assert not {target for target in named if not re.search(rf"^{target}:|^{target} |\b{target}:", MAKEFILE, re.M)}


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_the_management_commands_that_a_document_names_exist(path):
    named = set(re.findall(r"manage\.py ([a-z_]+)", code(path)))
    assert not named - set(get_commands())


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_every_link_inside_the_repository_leads_somewhere(path):
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", (ROOT / path).read_text())
    here = (ROOT / path).parent
    missing = {(here / target).resolve().relative_to(ROOT) for target in targets if not (here / target).exists()}
    assert not missing


def test_every_variable_of_the_settings_is_explained():
    read = set(re.findall(r'env(?:\.[a-z_]+)?\(\s*"([A-Z_]+)"', SETTINGS))
    assert len(read) > 30
    assert not {name for name in read if f"`{name}`" not in REFERENCE}


def test_every_explained_variable_is_read():
    tools = REFERENCE.partition("## Read by the tools")[0]
    named = {name for row in re.findall(r"^\| (`[A-Z_`, !]+)", tools, re.M) for name in re.findall(r"`([A-Z_]+)`", row)}
    assert not {name for name in named if f'"{name}"' not in SETTINGS}


def test_every_variable_of_the_stand_ins_is_explained():
    sources = "\n".join(path.read_text() for path in (ROOT / "orders" / "sandboxes").rglob("*.py"))
    read = set(re.findall(r'(?:env\.get|environ\.get|from_environment)\("([A-Z_]+)"', sources)) - {"PYTHONPATH"}
    told = REFERENCE.partition("## Read by the stand-ins")[2]
    assert len(read) > 10
    assert not {name for name in read if f"`{name}`" not in told}


def test_the_checklist_names_every_variable_that_production_refuses():
    from config import checks

    source = Path(checks.__file__).read_text()
    named = set(re.findall(r"\b((?:[A-Z]+_)+[A-Z]+)\b", source)) & set(re.findall(r'"([A-Z_]+)"', SETTINGS))
    told = REFERENCE.partition("## Before production")[2].partition("What no check can see")[0]
    by_kind = {*checks.KNOWN_SECRETS, *checks.FAKES}  # told in one sentence each
    assert not {name for name in named - by_kind if f"`{name}`" not in told}


def test_every_variable_that_production_must_have_is_marked():
    from scripts import production

    marked = set(re.findall(r"`([A-Z_]+)` !", REFERENCE))
    assert marked == set(production.example())


@pytest.mark.parametrize("app", APPS)
def test_every_model_is_in_the_glossary(app):
    models = {model.__name__ for model in apps.get_app_config(app).get_models()}
    assert not {name for name in models if not re.search(rf"\b{name}\b", GLOSSARY)}


def test_the_oldest_and_the_newest_python_are_the_same_everywhere():
    lowest, beyond = (".".join(map(str, version)) for version in install.SUPPORTED)
    pyproject = (ROOT / "pyproject.toml").read_text()
    assert f'requires-python = ">={lowest},<{beyond}"' in pyproject
    assert f"({lowest.replace('.', ', ')}) <= sys.version_info < ({beyond.replace('.', ', ')})" in MAKEFILE
    assert "Python 3.11, 3.12 or 3.13" in (ROOT / "README.md").read_text()


def test_decisions_are_numbered_without_a_gap_and_listed():
    files = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert [int(path.name[:4]) for path in files] == list(range(1, len(files) + 1))
    listed = (ROOT / "docs" / "adr" / "README.md").read_text()
    assert all(path.name in listed for path in files)
