"""What is held back just now: pauses by people, and the circuit breakers of outside systems."""

from django.contrib import admin

from config.lib.staff import ReadOnlyAdmin
from orders.models import Circuit, Pause


@admin.register(Pause)
class PauseAdmin(ReadOnlyAdmin):
    list_display = ("scope", "name", "reason", "actor", "created_at", "until")
    list_filter = ("scope",)
    search_fields = ("name", "reason")
    related = ("actor",)


@admin.register(Circuit)
class CircuitAdmin(ReadOnlyAdmin):
    list_display = ("system", "failures", "opened_at", "until", "error")
    search_fields = ("system", "error")
