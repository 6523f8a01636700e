"""Workers without a broker that know the empty pipelines: `python -m bench.peers.work PROCESSES`."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - Django comes first

from bench.peers import stages  # noqa: E402, F401 - registers the pipelines

if __name__ == "__main__":
    call_command("pipeline_worker", processes=int(sys.argv[1]))
