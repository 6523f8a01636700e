"""What is held back just now, by people and by circuit breakers, and which workers sweep."""

from django.contrib import admin

from config.lib.staff import ReadOnlyAdmin
from orders.models import Circuit, Pause, SweeperBeat


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


@admin.register(SweeperBeat)
class SweeperBeatAdmin(ReadOnlyAdmin):
    list_display = ("worker", "started_at", "seen_at")
    search_fields = ("worker",)
