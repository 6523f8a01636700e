"""The REST API of the account: who is signed in."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models import User
from config.lib.api.views import OwnData, Reading


class MemberSerializer(serializers.ModelSerializer[User]):
    """The member who asks."""

    member_number = serializers.CharField(help_text=_("As it is read out on the telephone."))
    language = serializers.CharField(help_text=_("In which our mails are written: ja or en."))

    class Meta:
        model = User
        fields = ["member_number", "email", "name", "language", "joined_at"]


class Member(OwnData, Reading):
    operation_id = "readMember"
    tag = "me"
    summary = _("The signed-in member")
    description = _("Name, address and number of the member whose session is sent along.")
    serializer_class = MemberSerializer
    queryset = User.objects.none()
    refusals = (400, 401, 429)

    def get(self, request) -> Response:  # type: ignore[no-untyped-def]
        return Response(self.represent([request.user])[0])
