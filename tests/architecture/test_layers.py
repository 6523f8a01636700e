"""Imports, relations and names point downwards: `config.urls > cms > orders > vod | shop > accounts > config.lib`."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps

from tests.architecture.sources import APPS, MAY_POINT_AT, ROOT, calls, first_text, python_files

NAMING_CALLS = {
    "reverse",
    "reverse_lazy",
    "redirect",
    "resolve_url",
    "get_model",
    "send_after_commit",
    "send_each_after_commit",
    "send_task",
}


def test_the_import_contracts_hold():
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("app", APPS)
def test_relations_point_downwards(app):
    wrong = [
        f"{field.model.__name__}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and _app(field) in APPS and _app(field) not in MAY_POINT_AT[app]
    ]
    assert not wrong


def _app(field) -> str:
    return field.related_model._meta.app_label if field.related_model else ""


@pytest.mark.parametrize("app", APPS)
def test_names_of_pages_models_and_tasks_point_downwards(app):
    wrong = [
        f"{path}:{call.lineno}: {name}({named!r})"
        for path in python_files(app)
        for name, call in calls(path)
        if name in NAMING_CALLS
        and (named := first_text(call))
        and (target := named.replace(":", ".").partition(".")[0]) in APPS
        and target not in MAY_POINT_AT[app]
    ]
    assert not wrong


def test_every_page_belongs_to_a_namespace_of_its_app():
    """`reverse("vod:watch")` says whose page it is; a name without that could not be checked above."""
    from django.urls import get_resolver

    assert set(APPS) <= set(get_resolver().namespace_dict)
