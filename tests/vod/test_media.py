"""Playlists, segments and keys: for the session's own viewer, while the right lasts, and for nobody else."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.vod import films
from vod.models import PlaybackSession
from vod.services import entitlements, playback

pytestmark = pytest.mark.django_db


@pytest.fixture
def title():
    return films.rental_film(slug="tram")


@pytest.fixture
def token(alice, client, title):
    """The token of the player that alice has open in `client`."""
    films.begun(alice, title, timezone.now())
    client.force_login(alice)
    assert client.get(reverse("vod:watch", args=["tram"])).status_code == 200
    return playback.token_of(PlaybackSession.objects.get())


def addresses(token):
    return [
        reverse("vod:master", args=[token]),
        reverse("vod:media_playlist", args=[token, "720p"]),
        reverse("vod:segment", args=[token, "720p", 0]),
        reverse("vod:key", args=[token, 0]),
    ]


def assert_all_refused(client, token, reason):
    for address in addresses(token):
        answer = client.get(address)
        assert answer.status_code == 403, address
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["reason"] == reason
        assert answer.json()["detail"]
        assert films.KEYS[0] not in answer.content


def test_the_master_playlist_lists_both_renditions(client, token):
    answer = client.get(reverse("vod:master", args=[token]))
    assert answer["Content-Type"] == "application/vnd.apple.mpegurl"
    assert answer["Cache-Control"] == "private, no-store"
    lines = answer.content.decode().splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["720p.m3u8", "360p.m3u8"]
    assert "RESOLUTION=1280x720" in answer.content.decode()


def test_a_media_playlist_names_each_segment_and_both_keys(client, token):
    answer = client.get(reverse("vod:media_playlist", args=[token, "720p"]))
    assert answer["Cache-Control"] == "private, no-store"
    lines = answer.content.decode().splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["720p/0.ts", "720p/1.ts", "720p/2.ts"]
    keys = [line for line in lines if line.startswith("#EXT-X-KEY")]
    assert keys == [
        f'#EXT-X-KEY:METHOD=AES-128,URI="{reverse("vod:key", args=[token, 0])}"',
        f'#EXT-X-KEY:METHOD=AES-128,URI="{reverse("vod:key", args=[token, 1])}"',
    ]
    assert lines.index(keys[1]) > lines.index("720p/1.ts")
    assert lines[-1] == "#EXT-X-ENDLIST"


def test_a_segment_is_the_file_and_may_be_kept_by_the_browser_alone(client, token):
    answer = client.get(reverse("vod:segment", args=[token, "360p", 2]))
    assert answer.content == b"360p 2"
    assert answer["Content-Type"] == "video/mp2t"
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"


def test_a_key_is_its_sixteen_bytes_and_is_never_kept(client, token):
    answer = client.get(reverse("vod:key", args=[token, 1]))
    assert answer.content == films.KEYS[1]
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Cache-Control"] == "private, no-store"


def test_a_key_costs_four_queries_the_sign_in_included(client, token, django_assert_num_queries):
    with django_assert_num_queries(4):  # the browser's session, the member, the player with its right, the key
        client.get(reverse("vod:key", args=[token, 0]))


@pytest.mark.parametrize("path", ["nothing.m3u8", "nothing/0.ts", "720p/3.ts"])
def test_what_the_package_does_not_hold_is_not_found(client, token, path):
    assert client.get(f"/media/hls/{token}/{path}").status_code == 404
    assert client.get(reverse("vod:key", args=[token, 2])).status_code == 404


def test_media_is_only_read(client, token):
    assert {client.post(address).status_code for address in addresses(token)} == {405}


def test_bob_gets_nothing_with_the_token_of_alice(bob, token, client):
    client.force_login(bob)
    assert_all_refused(client, token, "other_browser")


def test_a_guest_gets_nothing_with_the_token_of_alice(token, client):
    client.logout()
    assert_all_refused(client, token, "other_browser")


def test_signing_out_ends_playback_and_signing_in_again_goes_on(alice, token, client):
    client.logout()
    assert client.get(reverse("vod:key", args=[token, 0])).status_code == 403
    client.force_login(alice)
    assert client.get(reverse("vod:key", args=[token, 0])).status_code == 200


@pytest.mark.parametrize("spoil", [lambda token: token[:-1] + "_", lambda token: "0" * 32, lambda token: "x" + token])
def test_a_tampered_token_opens_nothing(client, token, spoil):
    assert_all_refused(client, spoil(token), "link_over")


def test_a_player_works_for_twelve_hours(client, token):
    PlaybackSession.objects.update(started_at=timezone.now() - playback.TOKEN_LIFETIME)
    assert_all_refused(client, token, "link_over")


def test_a_second_after_the_rental_has_run_out_there_is_no_key(alice, client, token):
    right = alice.entitlements.get()
    right.ends_at = timezone.now() - timedelta(seconds=1)
    right.save()
    assert_all_refused(client, token, "expired")


def test_the_clock_decides_to_the_second(alice, client, token):
    ends_at = alice.entitlements.get().ends_at
    asker = playback.Asker(user=alice, browser_key="")
    session = PlaybackSession.objects.get()
    PlaybackSession.objects.update(started_at=ends_at - timedelta(hours=1))
    assert playback.session_for(token, asker=asker, now=ends_at - timedelta(seconds=1)) == session
    with pytest.raises(playback.PlaybackRefused) as refused:
        playback.session_for(token, asker=asker, now=ends_at)
    assert refused.value.reason == "expired"


def test_a_refund_stops_playback_with_the_next_key(alice, client, token):
    entitlements.revoke(reference=alice.entitlements.get().reference, now=timezone.now())
    assert_all_refused(client, token, "revoked")


def test_a_withdrawn_title_stops_playing(client, token, title):
    title.is_published = False
    title.save()
    assert_all_refused(client, token, "not_published")


def test_a_player_whose_rental_was_not_begun_gets_nothing(alice, client):
    title = films.rental_film(slug="ferry")
    right = films.rented(alice, title, timezone.now())
    client.force_login(alice)
    asker = playback.Asker(user=alice, browser_key="")
    session = playback.open_session(
        asker=asker, title=title, right=entitlements.Allowed(entitlement=right), now=timezone.now()
    )
    assert_all_refused(client, playback.token_of(session), "not_begun")


def test_a_guest_plays_a_free_title_in_the_browser_that_opened_it_alone(client, django_user_model):
    films.free_film(slug="free")
    client.get(reverse("vod:watch", args=["free"]))
    token = playback.token_of(PlaybackSession.objects.get())
    assert [client.get(address).status_code for address in addresses(token)] == [200] * 4
    assert_all_refused(type(client)(), token, "other_browser")


def test_a_free_title_stops_when_its_offer_ends(client):
    title = films.free_film(slug="free")
    client.get(reverse("vod:watch", args=["free"]))
    token = playback.token_of(PlaybackSession.objects.get())
    title.offers.update(ends_at=timezone.now())
    assert_all_refused(client, token, "free_over")


def test_players_that_nobody_has_seen_for_a_month_are_forgotten(token):
    now = timezone.now()
    assert playback.forget_old_sessions(now + timedelta(days=29)) == 0
    assert playback.forget_old_sessions(now + timedelta(days=31)) == 1


@pytest.mark.parametrize("path", [f"720p/{'9' * 300}.ts", f"{'a' * 300}/0.ts"])
def test_a_name_too_long_for_a_file_names_no_segment(client, token, path):
    assert client.get(f"/media/hls/{token}/{path}").status_code == 404


def test_the_key_to_a_members_account_is_not_kept_with_the_player(client, token):
    assert PlaybackSession.objects.get().browser_key == ""
    assert client.get(addresses(token)[0]).status_code == 200
