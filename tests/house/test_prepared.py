"""A start leaves migrations and the demo out only where nothing has changed; any doubt makes them run."""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from django.db import connection
from django.utils import timezone

from cms.demo import load
from cms.demo.mark import write_questions
from scripts import prepared

CODE = "of-this-code"


@pytest.fixture
def database(db, tmp_path):
    """A file with the tables and the demo, without pictures and films, and its mark."""
    if connection.vendor != "sqlite":
        pytest.skip("only a file has a mark beside it")
    now = timezone.now()
    load.people(now=now)
    load.catalogue(now=now)
    load.goods(now=now)
    load.pages()
    write_questions(tmp_path / "questions.json")
    path = tmp_path / "db.sqlite3"
    with closing(sqlite3.connect(path)) as copy:
        copy.executescript("\n".join(connection.connection.iterdump()))
    prepared.keep(path, made_by=CODE, questions=tmp_path / "questions.json")
    return path


def change(database, sql):
    with closing(sqlite3.connect(database)) as writer:
        assert writer.execute(sql).rowcount > 0
        writer.commit()


def test_nothing_is_to_be_done_where_nothing_has_changed(database):
    assert prepared.holds(database, made_by=CODE)
    assert all(rows for (sql, _), rows in kept(database) if "package" not in sql and "productimage" not in sql)


def kept(database):
    mark = json.loads(prepared.mark_of(database).read_text())
    return list(zip(mark["questions"], mark["answers"], strict=True))


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM django_migrations WHERE app = 'orders' AND name LIKE '0001%'",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('orders', '9999_later', '2026-01-01')",
        "UPDATE accounts_user SET email = 'someone@example.com' WHERE email = 'alice@example.com'",
        "DELETE FROM accounts_address",
        "UPDATE vod_title SET slug = 'other' WHERE slug = 'first-boat'",
        "UPDATE vod_title SET artwork_wide = 'gone' WHERE slug = 'first-boat'",
        "UPDATE shop_product SET slug = 'other' WHERE id = (SELECT min(id) FROM shop_product)",
        "DELETE FROM shop_shippingrate WHERE id = (SELECT min(id) FROM shop_shippingrate)",
        "DELETE FROM cms_page",
        "DELETE FROM cms_relatedgoods",
        "UPDATE orders_handler SET code = code || '-old'",
    ],
)
def test_a_row_of_the_demo_or_a_migration_that_is_gone_makes_them_run(database, sql):
    change(database, sql)
    assert not prepared.holds(database, made_by=CODE)


def test_what_people_do_in_the_shop_changes_nothing(database):
    change(database, "UPDATE accounts_user SET name = 'アリス' WHERE email = 'alice@example.com'")
    change(database, "UPDATE shop_stockitem SET on_hand = on_hand + 1")
    assert prepared.holds(database, made_by=CODE)


def test_other_code_makes_them_run(database):
    assert not prepared.holds(database, made_by="of-other-code")


def test_a_database_that_is_gone_or_empty_makes_them_run_and_is_not_made(database):
    database.unlink()
    assert not prepared.holds(database, made_by=CODE)
    assert not database.exists()
    database.touch()
    assert not prepared.holds(database, made_by=CODE)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"made_by": "of-this-code"}'])
def test_a_mark_that_cannot_be_read_makes_them_run(database, text):
    prepared.mark_of(database).write_text(text)
    assert not prepared.holds(database, made_by=CODE)


def test_a_mark_that_was_taken_away_makes_them_run(database):
    prepared.forget(database)
    prepared.forget(database)
    assert not prepared.holds(database, made_by=CODE)


@pytest.fixture
def sources(tmp_path):
    """A small copy of what the fingerprint is made of."""
    for name in ("shop/migrations", "cms/demo", "cms/management/commands"):
        shutil.copytree(prepared.ROOT / name, tmp_path / name)
    shutil.copy(prepared.ROOT / "requirements.txt", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "name",
    ["cms/demo/goods.py", "cms/demo/art/films/harbour.py", "cms/management/commands/demo.py", "requirements.txt"],
)
def test_the_fingerprint_changes_with_every_source(sources, name):
    before = prepared.fingerprint(sources)
    assert before == prepared.fingerprint(sources)
    with (sources / name).open("a") as file:
        file.write("\n")
    assert prepared.fingerprint(sources) != before


def test_the_fingerprint_changes_with_a_new_migration_and_with_one_that_is_gone(sources):
    seen = {prepared.fingerprint(sources)}
    migration = sources / "shop" / "migrations" / "9999_later.py"
    migration.touch()
    seen.add(prepared.fingerprint(sources))
    migration.rename(migration.with_name("9998_later.py"))
    seen.add(prepared.fingerprint(sources))
    assert len(seen) == 3


def test_every_app_has_its_part_in_the_fingerprint():
    found = {path.parts[-3] for path in prepared.ROOT.glob(prepared.SOURCES[0])}
    assert {"accounts", "vod", "shop", "orders", "cms"} <= found
