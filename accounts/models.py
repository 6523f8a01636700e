"""The member: one account for the video service, the shop and everything that signs in with it."""

import secrets

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.lib.text import digits, katakana

_UNAMBIGUOUS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def member_number() -> str:
    """A number a member can read out on the telephone: no look-alikes, no order, no count to guess from."""
    return "".join(secrets.choice(_UNAMBIGUOUS) for _ in range(10))


class UserQuerySet(models.QuerySet["User"]):
    def with_email(self, email: str) -> "UserQuerySet":
        return self.filter(email__iexact=email)


class UserManager(BaseUserManager["User"]):
    """Creates members; the e-mail address is the name they sign in with."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):
    """A member, or a member of staff. The e-mail address is the name."""

    email = models.EmailField(_("e-mail address"), unique=True, max_length=254)
    name = models.CharField(_("name"), max_length=100, blank=True)
    member_number = models.CharField(
        _("member number"), max_length=10, unique=True, default=member_number, editable=False
    )
    language = models.CharField(
        _("language"), max_length=5, choices=[("ja", "日本語"), ("en", "English")], default="ja"
    )
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []  # type: ignore[misc]

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique_in_any_case")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name or self.email.partition("@")[0]


class Prefecture(models.IntegerChoices):
    """The 47 prefectures by their number in JIS X 0401."""

    HOKKAIDO = 1, "北海道"
    AOMORI = 2, "青森県"
    IWATE = 3, "岩手県"
    MIYAGI = 4, "宮城県"
    AKITA = 5, "秋田県"
    YAMAGATA = 6, "山形県"
    FUKUSHIMA = 7, "福島県"
    IBARAKI = 8, "茨城県"
    TOCHIGI = 9, "栃木県"
    GUNMA = 10, "群馬県"
    SAITAMA = 11, "埼玉県"
    CHIBA = 12, "千葉県"
    TOKYO = 13, "東京都"
    KANAGAWA = 14, "神奈川県"
    NIIGATA = 15, "新潟県"
    TOYAMA = 16, "富山県"
    ISHIKAWA = 17, "石川県"
    FUKUI = 18, "福井県"
    YAMANASHI = 19, "山梨県"
    NAGANO = 20, "長野県"
    GIFU = 21, "岐阜県"
    SHIZUOKA = 22, "静岡県"
    AICHI = 23, "愛知県"
    MIE = 24, "三重県"
    SHIGA = 25, "滋賀県"
    KYOTO = 26, "京都府"
    OSAKA = 27, "大阪府"
    HYOGO = 28, "兵庫県"
    NARA = 29, "奈良県"
    WAKAYAMA = 30, "和歌山県"
    TOTTORI = 31, "鳥取県"
    SHIMANE = 32, "島根県"
    OKAYAMA = 33, "岡山県"
    HIROSHIMA = 34, "広島県"
    YAMAGUCHI = 35, "山口県"
    TOKUSHIMA = 36, "徳島県"
    KAGAWA = 37, "香川県"
    EHIME = 38, "愛媛県"
    KOCHI = 39, "高知県"
    FUKUOKA = 40, "福岡県"
    SAGA = 41, "佐賀県"
    NAGASAKI = 42, "長崎県"
    KUMAMOTO = 43, "熊本県"
    OITA = 44, "大分県"
    MIYAZAKI = 45, "宮崎県"
    KAGOSHIMA = 46, "鹿児島県"
    OKINAWA = 47, "沖縄県"


class PostalAddress(models.Model):
    """Where goods go. A name is stored byte for byte as it was typed; numbers and the reading in one saved form."""

    name = models.CharField(_("recipient"), max_length=100)
    name_kana = models.CharField(_("reading (kana)"), max_length=100, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=7, validators=[RegexValidator(r"^\d{7}$")])
    prefecture = models.PositiveSmallIntegerField(_("prefecture"), choices=Prefecture)
    city = models.CharField(_("city and town"), max_length=100)
    line1 = models.CharField(_("block and number"), max_length=100)
    line2 = models.CharField(_("building and room"), max_length=100, blank=True)
    phone = models.CharField(_("telephone"), max_length=11, validators=[RegexValidator(r"^0\d{9,10}$")])

    class Meta:
        abstract = True

    ADDRESS_FIELDS = ("name", "name_kana", "postal_code", "prefecture", "city", "line1", "line2", "phone")

    def normalise(self) -> None:
        """Bring numbers and the reading into their one form; the name stays as it is."""
        self.postal_code = digits(self.postal_code)
        self.phone = digits(self.phone)
        self.name_kana = katakana(self.name_kana)

    def as_dict(self) -> dict[str, object]:
        return {field: getattr(self, field) for field in self.ADDRESS_FIELDS}

    @property
    def lines(self) -> list[str]:
        """The address as a label shows it, without the name."""
        place = f"{self.get_prefecture_display()}{self.city}{self.line1}"
        return [line for line in (f"〒{self.postal_code[:3]}-{self.postal_code[3:]}", place, self.line2) if line]


class AddressQuerySet(models.QuerySet["Address"]):
    def visible_to(self, user: User) -> "AddressQuerySet":
        return self.filter(user=user)


class Address(PostalAddress):
    """An entry of a member's address book."""

    user = models.ForeignKey(User, models.CASCADE, related_name="addresses", verbose_name=_("member"))
    is_default = models.BooleanField(_("default address"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = AddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ["-is_default", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(is_default=True), name="address_one_default_per_user"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {' '.join(self.lines)}"


class Consent(models.Model):
    """What a member agreed to, in which version, and when; never changed, a withdrawal is a row of its own."""

    class Kind(models.TextChoices):
        TERMS = "terms", _("Terms of use")
        PRIVACY = "privacy", _("Privacy policy")
        MARKETING = "marketing", _("News by e-mail")

    user = models.ForeignKey(User, models.CASCADE, related_name="consents", verbose_name=_("member"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    version = models.CharField(_("version"), max_length=20)
    is_given = models.BooleanField(_("given"), default=True)
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.version}"
