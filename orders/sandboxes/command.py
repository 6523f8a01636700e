"""What the `manage.py …_sandbox` commands share: they hand over to a process that knows nothing of the shop."""

import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

ROOT = Path(__file__).resolve().parents[2]


class SandboxCommand(BaseCommand):
    """Replaces this process, models and settings included, by the stand-in's own; all options are the stand-in's."""

    module = ""
    requires_system_checks: list[str] = []

    def run_from_argv(self, argv: list[str]) -> None:
        self._become(argv[2:])

    def handle(self, *args: Any, **options: Any) -> None:
        self._become([])

    def _become(self, options: list[str]) -> None:
        known = os.environ.get("PYTHONPATH")
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *([known] if known else [])])}
        os.execve(sys.executable, [sys.executable, "-m", self.module, *options], environment)  # noqa: S606
