"""Forms of the account: signing up and in, codes, the profile, and addresses."""

from collections.abc import Callable
from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import postal
from accounts.models import Address, PostalAddress, Prefecture, User
from config.lib.text import digits

PASSWORD_MAX_LENGTH = 128
EMAIL_ERRORS = {
    "required": _("Type your e-mail address."),
    "invalid": _("An e-mail address looks like name@example.com; check what is before and after the @."),
    "max_length": _("An e-mail address has at most 254 characters."),
}


def _email_field(label: Any = None) -> forms.EmailField:
    """One box for an e-mail address; full-width letters of an input method are taken for what they mean."""
    return EmailField(
        label=label or _("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email", "autocapitalize": "none"}),
        error_messages=EMAIL_ERRORS,
    )


def _password_field(*, label: Any, autocomplete: str, required: bool = True, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        strip=False,
        max_length=PASSWORD_MAX_LENGTH,
        help_text=help_text,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        error_messages={
            "required": _("Type the password."),
            "max_length": _("A password has at most 128 characters."),
        },
    )


class EmailField(forms.EmailField):
    def to_python(self, value: Any) -> str:
        typed = super().to_python(value) or ""
        return postal.half_width(typed).lower()


class SignInForm(allauth_forms.LoginForm):
    """One form for both ways in: without a password a code is mailed, with one it is checked.

    The button that was pressed decides where both are possible, so that a browser which fills in an old password
    does not keep a person from asking for a code.
    """

    way = forms.ChoiceField(choices=[("code", "code"), ("password", "password")], required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = _email_field()
        asked = not self.is_bound or self.data.get("way") == "password"  # in its own fold it is what one needs
        self.fields["password"] = _password_field(label=_("Password"), autocomplete="current-password", required=asked)
        self.order_fields(["login", "password", "way"])

    def clean_password(self) -> str:
        return "" if self.data.get("way") == "code" else self.cleaned_data["password"]


class SignUpForm(allauth_forms.SignupForm):
    """An e-mail address, and a password only for who wants one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"] = _email_field()
        self.fields["password1"] = _password_field(
            label=_("Password"),
            autocomplete="new-password",
            required=False,
            help_text=_("8 characters or more; 15 or more are safer. Any letters will do."),
        )

    def save(self, request: HttpRequest) -> User:
        """Account, consents and e-mail address together, or nothing."""
        with transaction.atomic():
            return super().save(request)


class RequestCodeForm(allauth_forms.RequestLoginCodeForm):
    email = _email_field()


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    email = _email_field()


class NewEmailForm(allauth_forms.AddEmailForm):
    email = _email_field(label=_("New e-mail address"))


class ReplaceEmailForm(allauth_forms.ChangeEmailForm):
    """Another address for an account that is not confirmed yet: the first one was mistyped."""

    email = _email_field()


class CodeField(forms.CharField):
    """The code out of a mail; digits of any width, with whatever was copied around them."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "class": "code-input"}
        super().__init__(
            label=_("6-digit code"),
            max_length=40,
            widget=forms.TextInput(attrs=attrs),
            error_messages={"required": _("Type the 6-digit code from the mail.")},
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        return digits(super().clean(value))


class SignInCodeForm(allauth_forms.ConfirmLoginCodeForm):
    code = CodeField()


class EmailCodeForm(allauth_forms.ConfirmEmailVerificationCodeForm):
    code = CodeField()


class PasswordCodeForm(allauth_forms.ConfirmPasswordResetCodeForm):
    code = CodeField()


class NewPasswordForm(forms.Form):
    """A new password typed once: it can be shown, so typing it blindly twice proves nothing."""

    user: User | None
    password1 = _password_field(
        label=_("New password"),
        autocomplete="new-password",
        help_text=_("8 characters or more; 15 or more are safer. Any letters will do."),
    )

    def clean_password1(self) -> str:
        password = self.cleaned_data["password1"]
        validate_password(password, self.user)
        return password


class SetPasswordForm(NewPasswordForm, allauth_forms.SetPasswordForm):
    password2 = None


class CompleteResetForm(NewPasswordForm, allauth_forms.ResetPasswordKeyForm):
    password2 = None


class ChangePasswordForm(NewPasswordForm, allauth_forms.ChangePasswordForm):
    password2 = None
    oldpassword = _password_field(label=_("Current password"), autocomplete="current-password")
    field_order = ["oldpassword", "password1"]


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["name", "language"]
        labels = {"name": _("Name"), "language": _("Language of pages and mails")}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}

    def clean_name(self) -> str:
        return postal.one_line(self.cleaned_data["name"])


def _text_field(
    *, label: Any, missing: Any, autocomplete: str, max_length: int = 100, required: bool = True, **options: Any
) -> forms.CharField:
    attrs = {"autocomplete": autocomplete} | options.pop("attrs", {})
    return forms.CharField(
        label=label,
        required=required,
        max_length=max_length,
        widget=options.pop("widget", forms.TextInput)(attrs=attrs),
        error_messages={"required": missing},
        **options,
    )


class AddressForm(forms.ModelForm):  # type: ignore[type-arg]
    """Where goods go, for the address book and for the checkout.

    The boxes take what people type: a postal code and a telephone number in one box each, any width, any hyphen.
    What is saved is the one form that `accounts.postal` describes. The name is kept as it was typed, character for
    character (white space around it aside): no normalisation touches 髙, 𠮷 or compatibility kanji.

    `form.instance.as_dict()` gives the eight values to whoever keeps them elsewhere than in the address book.
    """

    name = _text_field(
        label=pgettext_lazy("of goods", "Recipient"),
        missing=_("Type the name of the person who receives the goods."),
        autocomplete="name",
    )
    name_kana = _text_field(
        label=_("Reading (kana)"),
        missing="",
        required=False,
        autocomplete="off",
        help_text=_("Hiragana or katakana. Carriers use it when they telephone."),
    )
    postal_code = _text_field(
        label=_("Postal code"),
        missing=_("Type the postal code."),
        autocomplete="postal-code",
        max_length=20,
        attrs={"inputmode": "numeric", "data-check": "postal-code"},
        help_text=_("7 digits, with or without a hyphen. Example: 060-0042"),
    )
    prefecture = forms.TypedChoiceField(
        label=_("Prefecture"),
        coerce=int,
        choices=[("", _("Please choose")), *Prefecture.choices],
        widget=forms.Select(attrs={"autocomplete": "address-level1"}),
        error_messages={
            "required": _("Choose the prefecture."),
            "invalid_choice": _("Choose the prefecture from the list."),
        },
    )
    city = _text_field(
        label=_("City and town"), missing=_("Type the city and the town."), autocomplete="address-level2"
    )
    line1 = _text_field(
        label=_("Block and number"),
        missing=_("Type the block and the house number."),
        autocomplete="address-line1",
        help_text=_("Example: 1-2-3"),
    )
    line2 = _text_field(
        label=_("Building and room"), missing="", required=False, autocomplete="address-line2", max_length=100
    )
    phone = _text_field(
        label=_("Telephone"),
        missing=_("Type the telephone number."),
        autocomplete="tel",
        max_length=30,
        attrs={"type": "tel", "inputmode": "tel", "data-check": "telephone"},
        help_text=_("For the carrier only, when something about the delivery is unclear. Example: 090-1234-5678"),
    )

    RULES: dict[str, tuple[Callable[[str], str], ...]] = {
        "name": (postal.one_line,),
        "name_kana": (postal.one_line, postal.reading),
        "postal_code": (postal.postal_code,),
        "city": (postal.one_line,),
        "line1": (postal.one_line, postal.block),
        "line2": (postal.one_line, postal.block),
        "phone": (postal.telephone,),
    }

    class Meta:
        model = Address
        fields = PostalAddress.ADDRESS_FIELDS

    def clean(self) -> dict[str, Any]:
        """Each rule answers for its own box, so that every mistake is named at once."""
        super().clean()
        for name, rules in self.RULES.items():
            if self.cleaned_data.get(name):
                self._apply(name, rules)
        return self.cleaned_data

    def _apply(self, name: str, rules: tuple[Callable[[str], str], ...]) -> None:
        try:
            for rule in rules:
                self.cleaned_data[name] = rule(self.cleaned_data[name])
        except ValidationError as mistake:
            self.add_error(name, mistake)


class AddressBookForm(AddressForm):
    """An entry of the address book, with the choice to make it the one that is offered first."""

    make_default = forms.BooleanField(label=_("Offer this address first at checkout"), required=False)
