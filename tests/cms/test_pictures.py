"""Pictures come from their own folder, and whatever names none of them is not there."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages


def test_a_picture_runs_nothing_and_is_kept(client):
    default_storage.save("titles/tram.svg", ContentFile(b"<svg/>"))
    answer = client.get("/media/files/public/titles/tram.svg")
    assert answer.content == b"<svg/>"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "immutable" in answer["Cache-Control"]


@pytest.mark.parametrize("name", ["missing.png", "titles", "../masters/film", "a%00b", "a" * 300])
def test_what_names_no_picture_is_not_there(client, db, name):
    default_storage.save("titles/tram.svg", ContentFile(b"<svg/>"))
    storages["masters"].save("film", ContentFile(b"a master"))
    assert client.get(f"/media/files/public/{name}").status_code == 404
