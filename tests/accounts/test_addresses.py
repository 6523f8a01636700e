"""Alice keeps addresses; whatever way she types them, one form of each is saved."""

import pytest
from django.urls import reverse

from accounts import postal, services
from accounts.forms import AddressForm
from accounts.models import Address
from tests import builders

pytestmark = pytest.mark.django_db
TYPED = {
    "name": "髙橋 𠮷乃",
    "name_kana": "たかはし よしの",
    "postal_code": "〒０６０−００４２",
    "prefecture": "1",
    "city": "札幌市中央区大通西",
    "line1": "１−２ー３",
    "line2": "センターハイツ５０１",
    "phone": "０９０−１２３４−５６７８",
}

PLAIN = {
    "name": "青木 アリス",
    "postal_code": "0600042",
    "prefecture": 1,
    "city": "札幌市",
    "line1": "1-2-3",
    "phone": "0112345678",
}


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


@pytest.mark.parametrize(
    ("typed", "saved"),
    [
        ("0600042", "0600042"),
        ("060-0042", "0600042"),
        ("０６０－００４２", "0600042"),
        ("060\u22120042", "0600042"),
        ("060‐0042", "0600042"),
        ("060–0042", "0600042"),
        ("060—0042", "0600042"),
        ("060ー0042", "0600042"),
        ("060ｰ0042", "0600042"),
        (" 〒 060 0042　", "0600042"),
    ],
)
def test_a_postal_code_is_understood_however_it_is_typed(typed, saved):
    """O4."""
    assert postal.postal_code(typed) == saved


@pytest.mark.parametrize(
    ("typed", "saved"),
    [
        ("09012345678", "09012345678"),
        ("090-1234-5678", "09012345678"),
        ("０９０\u2212１２３４\u2212５６７８", "09012345678"),
        ("(011)234-5678", "0112345678"),
        ("（０１１）２３４−５６７８", "0112345678"),
        ("+81 90-1234-5678", "09012345678"),
        ("＋８１－０９０－１２３４－５６７８", "09012345678"),
        ("090.1234.5678", "09012345678"),
    ],
)
def test_a_telephone_number_is_understood_however_it_is_typed(typed, saved):
    """O6."""
    assert postal.telephone(typed) == saved


@pytest.mark.parametrize(
    ("typed", "saved"),
    [
        ("１−２−３", "1-2-3"),
        ("1\u22122‐3", "1-2-3"),
        ("1ー2ー3", "1-2-3"),
        ("センタービル1ー2", "センタービル1-2"),
        ("スーパーハイツ３", "スーパーハイツ3"),
        ("Ａ棟１０１号室", "A棟101号室"),
        ("コーポ髙﨑 Ｂ－２０１", "コーポ髙﨑 B-201"),
        ("神\ufa19ハイツ１", "神\ufa19ハイツ1"),
        ("渡邉\U000e0100ビル２Ｆ", "渡邉\U000e0100ビル2F"),
        ("タワー１", "タワー1"),
        ("タワー2号棟", "タワー2号棟"),
    ],
)
def test_hyphens_between_numbers_are_folded_and_long_vowels_left_alone(typed, saved):
    """O6."""
    assert postal.block(typed) == saved


@pytest.mark.parametrize("typed", ["たかはし　よしの", "ﾀｶﾊｼ ﾖｼﾉ", "タカハシ ヨシノ", "ﾀｶﾊｼ　よしの"])
def test_a_reading_is_saved_as_full_width_katakana(typed):
    """O5."""
    assert postal.reading(typed) == "タカハシ ヨシノ"


def test_half_width_voiced_kana_become_one_letter():
    assert postal.reading("ｶﾞｷﾞｸﾞ ﾊﾟﾋﾟﾌﾟ") == "ガギグ パピプ"


@pytest.mark.parametrize("name", ["𠮷田", "髙橋", "﨑山", "神\ufa19谷", "渡邉\U000e0100", "ﾀｶﾊｼ", "Ａｌｉｃｅ", "が"])
def test_a_name_is_kept_character_for_character(signed_in, alice, name):
    """O5: compatibility kanji, four-byte kanji, variation selectors, half-width letters and loose voicing marks."""
    signed_in.post(reverse("accounts:add_address"), TYPED | {"name": name})
    assert alice.addresses.get().name == name


def test_a_whole_address_is_saved_in_its_one_form(signed_in, alice):
    answer = signed_in.post(reverse("accounts:add_address"), TYPED)
    assert answer["Location"] == "/account/addresses/"
    kept = alice.addresses.get()
    assert kept.as_dict() == {
        "name": "髙橋 𠮷乃",
        "name_kana": "タカハシ ヨシノ",
        "postal_code": "0600042",
        "prefecture": 1,
        "city": "札幌市中央区大通西",
        "line1": "1-2-3",
        "line2": "センターハイツ501",
        "phone": "09012345678",
    }
    assert kept.is_default
    page = signed_in.get("/account/addresses/").content.decode()
    assert "〒060-0042" in page
    assert "北海道札幌市中央区大通西1-2-3" in page


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("name", "", "Type the name of the person who receives the goods."),
        ("name", "　 ", "Type the name of the person who receives the goods."),
        ("name", "髙橋\n𠮷乃", "on one line"),
        ("name", "あ" * 101, "at most 100 characters"),
        ("name_kana", "高橋", "hiragana or katakana"),
        ("name_kana", "Takahashi", "hiragana or katakana"),
        ("postal_code", "", "Type the postal code."),
        ("postal_code", "06O-0042", "in digits"),
        ("postal_code", "060-004", "6 digits were typed"),
        ("postal_code", "060-00421", "8 digits were typed"),
        ("postal_code", "٠٦٠٠٠٤٢", "in digits"),
        ("prefecture", "", "Choose the prefecture."),
        ("prefecture", "48", "from the list"),
        ("city", "", "Type the city and the town."),
        ("line1", "", "Type the block and the house number."),
        ("phone", "", "Type the telephone number."),
        ("phone", "ask my wife", "in digits"),
        ("phone", "90-1234-5678", "from 0"),
        ("phone", "090-1234-5", "8 digits were typed"),
        ("phone", "090-1234-56789", "12 digits were typed"),
    ],
)
def test_each_mistake_has_words_of_its_own(field, typed, words):
    """O8."""
    form = AddressForm(TYPED | {field: typed})
    assert not form.is_valid()
    assert list(form.errors) == [field]
    assert words in " ".join(form.errors[field])


def test_after_a_mistake_everything_typed_is_still_there_and_a_summary_leads_to_it(signed_in, alice):
    """O8."""
    page = signed_in.post(reverse("accounts:add_address"), TYPED | {"postal_code": "060"}).content.decode()
    for field, typed in TYPED.items():
        if field not in ("postal_code", "prefecture"):
            assert f'value="{typed}"' in page
    assert 'value="060"' in page
    assert '<option value="1" selected>北海道</option>' in page
    assert "data-error-summary" in page
    assert 'tabindex="-1"' in page
    assert 'href="#id_postal_code"' in page
    assert 'aria-describedby="id_postal_code_helptext id_postal_code_error"' in page
    assert not alice.addresses.exists()


def test_every_box_has_a_label_a_token_for_the_browser_and_says_whether_it_is_needed(signed_in):
    """O7."""
    page = signed_in.get(reverse("accounts:add_address")).content.decode()
    tokens = {
        "name": "name",
        "postal_code": "postal-code",
        "prefecture": "address-level1",
        "city": "address-level2",
        "line1": "address-line1",
        "line2": "address-line2",
        "phone": "tel",
    }
    for field, token in tokens.items():
        assert f'<label class="field-label" for="id_{field}">' in page
        assert f'autocomplete="{token}"' in page
    assert 'type="tel"' in page
    assert page.count("Required") == 6
    assert page.count("Optional") == 2


def test_the_first_address_is_the_default_and_a_later_one_can_take_its_place(signed_in, alice):
    first = builders.address(user=alice)
    signed_in.post(reverse("accounts:add_address"), TYPED | {"name": "実家"})
    assert Address.objects.get(is_default=True) == first
    second = Address.objects.get(name="実家")

    signed_in.post(reverse("accounts:make_default_address", args=[second.pk]))
    assert Address.objects.get(is_default=True) == second

    signed_in.post(reverse("accounts:edit_address", args=[first.pk]), TYPED | {"make_default": "on"})
    assert Address.objects.get(is_default=True) == first


def test_editing_the_default_address_leaves_it_the_default(signed_in, alice):
    first = builders.address(user=alice)
    builders.address(user=alice, is_default=False)
    signed_in.post(reverse("accounts:edit_address", args=[first.pk]), TYPED | {"city": "小樽市"})
    first.refresh_from_db()
    assert (first.city, first.is_default) == ("小樽市", True)


def test_deleting_asks_first_and_hands_the_default_on(signed_in, alice):
    first = builders.address(user=alice)
    second = builders.address(user=alice, is_default=False)
    path = reverse("accounts:delete_address", args=[first.pk])
    assert "Delete this address?" in signed_in.get(path).content.decode()
    assert Address.objects.filter(pk=first.pk).exists()

    signed_in.post(path)

    assert not Address.objects.filter(pk=first.pk).exists()
    second.refresh_from_db()
    assert second.is_default
    assert signed_in.post(path).status_code == 404


def test_another_customers_address_is_not_there(signed_in, bob):
    theirs = builders.address(user=bob)
    for name in ("edit_address", "delete_address"):
        path = reverse(f"accounts:{name}", args=[theirs.pk])
        assert signed_in.get(path).status_code == 404
        assert signed_in.post(path, TYPED).status_code == 404
    assert signed_in.post(reverse("accounts:make_default_address", args=[theirs.pk])).status_code == 404
    theirs.refresh_from_db()
    assert theirs.name == "髙橋 𠮷乃"
    assert theirs.name not in signed_in.get("/account/addresses/").content.decode()


def test_a_page_that_only_takes_a_press_refuses_to_be_opened(signed_in, alice):
    mine = builders.address(user=alice)
    assert signed_in.get(reverse("accounts:make_default_address", args=[mine.pk])).status_code == 405


def test_who_came_from_the_checkout_returns_there(signed_in):
    """A7."""
    page = signed_in.get(reverse("accounts:add_address") + "?next=/checkout/").content.decode()
    assert '<input type="hidden" name="next" value="/checkout/">' in page
    assert signed_in.post(reverse("accounts:add_address"), TYPED | {"next": "/checkout/"})["Location"] == "/checkout/"


def test_nobody_is_sent_to_another_site(signed_in):
    answer = signed_in.post(reverse("accounts:add_address"), TYPED | {"next": "https://evil.example/"})
    assert answer["Location"] == "/account/addresses/"


def test_a_person_without_an_address_is_told_what_it_is_good_for(signed_in):
    page = signed_in.get("/account/addresses/").content.decode()
    assert "No address yet" in page
    assert reverse("accounts:add_address") in page


def test_the_list_costs_the_same_for_one_address_and_for_twenty(signed_in, alice, django_assert_max_num_queries):
    for _ in range(20):
        services.save_address(user=alice, address=Address(**PLAIN), make_default=False)
    with django_assert_max_num_queries(5):
        signed_in.get("/account/addresses/")
