"""Staff's pages of the members: who they are, where they live, what they agreed to, and who is staff."""

from typing import Any

from allauth.account.admin import EmailAddressAdmin as AllauthEmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.idp.oidc.admin import ClientAdmin as AllauthClientAdmin
from allauth.idp.oidc.admin import TokenAdmin as AllauthTokenAdmin
from allauth.idp.oidc.models import Client, Token
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group, Permission
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.models import Address, Consent, User
from config.lib.staff import ReadOnlyAdmin, ReadOnlyInline, StaffAdmin

ACTS = {"view": _("look at"), "add": _("add"), "change": _("change"), "delete": _("delete")}
# Only who may do all may make others do more.
RIGHTS = ("is_staff", "is_superuser", "groups")


class AddressInline(ReadOnlyInline):
    model = Address
    fields = ("name", "postal_code", "prefecture", "city", "line1", "line2", "phone", "is_default")


class ConsentInline(ReadOnlyInline):
    model = Consent
    fields = ("kind", "version", "is_given", "recorded_at")


class NewMemberForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new member of staff or customer; they sign in by a code that is sent to them, so there is no password yet."""

    class Meta:
        model = User
        fields = ("email", "name", "language")

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("This address belongs to another account."))
        return email


@admin.register(User)
class UserAdmin(StaffAdmin):
    """Members are not deleted here: their orders must be kept. One who leaves is made inactive."""

    list_display = ("email", "name", "member_number", "role_names", "is_staff", "is_active", "joined_at")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups", "language")
    search_fields = ("email", "name", "member_number")
    search_help_text = _("e-mail address, name or member number")
    date_hierarchy = "joined_at"
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("email", "name", "member_number", "language", "joined_at", "last_login")}),
        (_("What they may do"), {"fields": ("is_active", *RIGHTS)}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "language")}),)
    readonly_fields = ("member_number", "joined_at", "last_login")
    inlines = (AddressInline, ConsentInline)

    @display(description=_("roles"))
    def role_names(self, user: User) -> str:
        return ", ".join(str(group) for group in user.groups.all()) or "-"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewMemberForm
        return super().get_form(request, obj, change, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return self.inlines if obj else ()

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """The address is changed by the member alone, who proves that it is theirs."""
        fixed = (*self.readonly_fields, "email") if obj else self.readonly_fields
        return fixed if request.user.is_superuser else (*fixed, *RIGHTS)  # type: ignore[union-attr]

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:  # type: ignore[type-arg]
        if change:
            super().save_model(request, obj, form, change)
            return
        obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        EmailAddress.objects.create(user=obj, email=obj.email, primary=True, verified=False)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Colleagues are changed, and closed out, by those alone who may do all."""
        is_colleague = obj is not None and (obj.is_staff or obj.is_superuser)
        return super().has_change_permission(request, obj) and (not is_colleague or request.user.is_superuser)  # type: ignore[union-attr]

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


@admin.register(Address)
class AddressAdmin(StaffAdmin):
    list_display = ("name", "user", "postal_code", "prefecture", "city", "phone", "is_default")
    list_filter = ("is_default", "prefecture")
    search_fields = ("name", "name_kana", "postal_code", "city", "phone", "user__email")
    related = ("user",)
    readonly_fields = ("created_at",)

    def save_model(self, request: HttpRequest, obj: Address, form: ModelForm, change: bool) -> None:  # type: ignore[type-arg]
        obj.normalise()
        super().save_model(request, obj, form, change)


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ("user", "kind", "version", "is_given", "recorded_at")
    list_filter = ("kind", "is_given", "version")
    search_fields = ("user__email", "user__name", "version")
    date_hierarchy = "recorded_at"
    ordering = ("-pk",)
    related = ("user",)


admin.site.unregister([Group, EmailAddress, Client, Token])


class _ChangedByTheChief:
    """Rows by which one could become somebody else, or more than one is: only who may do all changes them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and request.user.is_superuser  # type: ignore[misc, union-attr]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and request.user.is_superuser  # type: ignore[misc, union-attr]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and request.user.is_superuser  # type: ignore[misc, union-attr]


@admin.register(Group)
class RoleAdmin(_ChangedByTheChief, GroupAdmin, StaffAdmin):
    """The roles of the staff: what each may see and change."""

    list_display = ("__str__",)

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        return []

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None:
            field.queryset = Permission.objects.select_related("content_type").order_by("content_type", "pk")
            field.label_from_instance = permission_words  # type: ignore[attr-defined]
        return field


def permission_words(permission: Permission) -> str:
    """A permission as staff read it: about what, and to do what."""
    verb = ACTS.get(permission.codename.partition("_")[0], permission.name)
    return f"{permission.content_type.app_labeled_name}: {verb}"


@admin.register(EmailAddress)
class EmailAddressAdmin(_ChangedByTheChief, AllauthEmailAddressAdmin, StaffAdmin):
    """Addresses that sign in: a verified one is a key to its account."""

    raw_id_fields = ()
    related = ("user",)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Marking an address as verified, which the library lets everybody do who may look."""
        return super().get_actions(request) if self.has_change_permission(request) else {}


@admin.register(Client)
class ClientAdmin(_ChangedByTheChief, AllauthClientAdmin, StaffAdmin):
    """Other sites that sign people in with this account; where one leads back to, members' tokens go."""

    raw_id_fields = ()
    related = ("owner",)


@admin.register(Token)
class TokenAdmin(AllauthTokenAdmin, ReadOnlyAdmin):
    raw_id_fields = ()
    search_fields = ("user__email", "client__name")
    related = ("client", "user")
