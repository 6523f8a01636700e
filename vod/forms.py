"""Forms of the video service."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from vod.models import Asset, Title
from vod.services import film_in


class MasterUploadForm(forms.ModelForm):  # type: ignore[type-arg]
    """The upload of a master by staff. What the file is, the probe finds out; its name is not trusted.

    `hand_in` stores and queues it; `form.instance` is the asset then.
    """

    class Meta:
        model = Asset
        fields = ["title", "file"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["title"].queryset = Title.objects.watchable_kinds().order_by("name")  # type: ignore[attr-defined]
        self.fields["file"].required = True

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        try:
            film_in.refuse_too_large(file.size)
        except film_in.MasterTooLarge as error:
            raise ValidationError(
                _("The file is too large: export it at a lower bit rate."), code="too_large"
            ) from error
        return file

    def hand_in(self, *, actor: User, now: datetime) -> Asset:
        """Store the file and queue its encoding."""
        file = self.cleaned_data["file"]
        self.instance = film_in.take_in(
            title=self.cleaned_data["title"], file=file, original_name=file.name, actor=actor, now=now
        )
        return self.instance


class ProgressForm(forms.Form):
    """What a player sends about how far it has come."""

    token = forms.CharField(max_length=200)
    position_s = forms.FloatField(min_value=0)
    age_s = forms.FloatField(min_value=0, required=False)

    def clean_age_s(self) -> float:
        return self.cleaned_data["age_s"] or 0.0
