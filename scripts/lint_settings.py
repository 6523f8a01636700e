"""The settings with the migration linter among the apps: it belongs to the tools, not to the service."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as OURS

INSTALLED_APPS = [*OURS, "django_migration_linter"]
