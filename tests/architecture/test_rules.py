"""Rules of the house that a reviewer would otherwise have to look for."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.management import call_command

from tests.architecture.sources import APPS, calls, files, python_files, text, tree

OURS = (*APPS, "config", "scripts", "bench")
LONGEST_FUNCTION = 60
LOCKS = Path("config/lib/locks.py")
LOCK_FILES = {"requirements.txt", "requirements-dev.txt", "package-lock.json"}
INLINE = {
    "a script in the page": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/(?:ld\+)?json\")", re.I),
    "a style in the page": re.compile(r"<style\b", re.I),
    "a style attribute": re.compile(r"<[a-z][^>]*\sstyle=", re.I),
    "an on… handler": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.I),
    "a javascript: address": re.compile(r"javascript:", re.I),
}
# Mail programs know neither style sheets nor our content security policy.
MAILS = {"email", "emails"}
# Put together here, since this file must not hold them either.
REGISTRIES = tuple(
    f"{name}.{domain}"
    for name, domain in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs"),
        ("npmjs", "org"),
        ("deb", "debian.org"),
        ("ghcr", "io"),
    ]
)
MACHINE_PATHS = re.compile(r"(?<![\w.$}/~-])/(?:work|root|home/\w+|Users/\w+)/")


def _functions():
    for path in python_files(*OURS):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def test_no_function_is_longer_than_a_screen():
    long = [
        f"{path}:{node.lineno} {node.name}: {node.end_lineno - node.lineno + 1} lines"
        for path, node in _functions()
        if node.end_lineno - node.lineno >= LONGEST_FUNCTION
    ]
    assert not long


def test_only_the_lock_helper_locks_rows():
    assert [str(path) for path in python_files(*OURS) if "select_for_update" in text(path)] == [str(LOCKS)]


def test_no_task_waits_inside_the_broker():
    """A delay is a column: a message that waits in Redis is lost with it."""
    waiting = {"countdown", "eta", "autoretry_for"}
    arguments = [
        f"{path}:{node.lineno} {node.arg}="
        for path in python_files(*APPS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.keyword) and node.arg in waiting
    ]
    retried = [f"{path}:{call.lineno}" for path in python_files(*APPS) for name, call in calls(path) if name == "retry"]
    assert not arguments + retried


def test_no_import_of_an_app_reaches_around_the_import_contracts():
    """`import_module("orders.…")` would be seen by no contract."""
    wrong = [str(path) for path in python_files(*APPS) if re.search(r"\bimport_module\(|__import__\(", text(path))]
    assert not wrong


def test_templates_hold_no_inline_script_or_style():
    wrong = [
        f"{path}: {what}: {found.group()[:60]}"
        for path in files()
        if path.suffix == ".html" and "templates" in path.parts and not MAILS & set(path.parts)
        for what, pattern in INLINE.items()
        if (found := pattern.search(text(path)))
    ]
    assert not wrong


def test_no_file_names_a_registry_or_a_folder_of_one_machine():
    here = Path("tests/architecture/test_rules.py")
    wrong = [
        f"{path}: {found}"
        for path in files()
        if path != here
        for found in [*(name for name in REGISTRIES if name in text(path)), *MACHINE_PATHS.findall(text(path))]
    ]
    assert not wrong


def test_nothing_is_left_to_do_later():
    """What is not done yet is planned elsewhere, not marked in the code."""
    marks = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
    assert not [f"{path}" for path in files() if path.name not in LOCK_FILES and marks.search(text(path))]


@pytest.mark.django_db
def test_every_change_of_a_model_has_its_migration():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("app", APPS)
def test_staff_can_reach_every_model(app):
    """Each model has its own page in the admin, or is edited on the page of the row that owns it."""
    registered = set(admin.site._registry)
    inlines = {inline.model for page in admin.site._registry.values() for inline in page.inlines}
    models = set(apps.get_app_config(app).get_models())
    assert not sorted(model.__name__ for model in models - registered - inlines)
