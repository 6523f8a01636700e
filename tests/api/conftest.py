"""A small station to ask about, and the OpenAPI document to hold the answers against."""

from typing import Any

import pytest
from django.utils import timezone
from jsonschema import Draft202012Validator

from cms.api import document
from tests import builders
from tests.orders.conftest import world  # noqa: F401 - a purchase with the outside world in memory
from vod.models import Genre, Title


class Description:
    """The OpenAPI document, made strict: an answer with a field too many does not fit either."""

    def __init__(self) -> None:
        self.document = document("en")
        self.components = {name: self._strict(one) for name, one in self.document["components"]["schemas"].items()}

    def _strict(self, component: dict[str, Any]) -> dict[str, Any]:
        return component | {"additionalProperties": False}

    def misfits(self, answer: Any, path: str, status: int) -> list[str]:
        """What of an answer of that path template and status is not as described."""
        responses = self.document["paths"][path]["get"]["responses"]
        [(media, content)] = responses[str(status)]["content"].items()
        if not answer["Content-Type"].startswith(media):
            return [f"{answer['Content-Type']} is not {media}"]
        validator = Draft202012Validator(content["schema"] | {"components": {"schemas": self.components}})
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer.json())]


@pytest.fixture(scope="session")
def description() -> Description:
    return Description()


@pytest.fixture
def catalogue(db) -> dict[str, Any]:
    """A series with an episode for rent, a free film with a picture and a genre, and a mug in two colours."""
    series = builders.title(slug="minato-no-asa", kind=Title.Kind.SERIES, name="港の朝", name_en="Harbour Morning")
    episode = builders.playable(builders.episode_of(series, slug="first-ferry", name="始発の船"))
    builders.rental(series, price=550)
    builders.rental(episode, price=330)
    film = builders.playable(
        builders.title(slug="tram", year=2024, artwork_wide="titles/tram.png", ends_at=builders.tomorrow())
    )
    builders.free_offer(film)
    film.genres.add(Genre.objects.create(slug="travel", name="旅", name_en="Travel"))
    coming = builders.title(slug="coming", name="近日公開")
    builders.rental(coming)
    mug = builders.product(slug="mug")
    colours = [builders.variant(mug, stock=stock) for stock in (10, 2, 0)]
    mug.images.create(image="goods/mug.png", alt="マグ", variant=colours[1])
    builders.product(slug="draft", is_published=False)
    builders.title(slug="draft", is_published=False)
    return {"series": series, "episode": episode, "film": film, "mug": mug, "colours": colours, "now": timezone.now()}
