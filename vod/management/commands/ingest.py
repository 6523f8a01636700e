"""`manage.py ingest FILE --title SLUG`: a master file becomes a film that viewers can play."""

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from vod.models import Asset, Title, TranscodeJob
from vod.services import film_in, jobs
from vod.services.encoding import limits
from vod.transcoding.probe import NotPlayable, probe

_BAR = 40
_POLL_S = 0.5


class Command(BaseCommand):
    help = "Takes a master file into a title, encodes and packages it in this process, and ends when it is ready."
    requires_system_checks = ["vod"]  # of the others' warnings none concerns this work

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="the master: MP4, MOV, MKV, WebM, MPEG-TS, MXF or AVI")
        parser.add_argument("--title", metavar="SLUG", required=True, help="made as a draft where there is none")

    def execute(self, *args: Any, **options: Any) -> str | None:
        """On the command line a refusal is its sentence alone, without the name of a Python class before it."""
        try:
            return super().execute(*args, **options)
        except CommandError as refusal:
            if not getattr(self, "_called_from_command_line", False) or options["traceback"]:
                raise
            self.stderr.write(str(refusal))
            sys.exit(refusal.returncode)

    def handle(self, *, file: str, title: str, **options: Any) -> None:
        path = Path(file)
        self._shown = -1
        try:
            asset = self._ingest(path, title)
        except KeyboardInterrupt:
            raise CommandError(
                "\nInterrupted. Run the command again to go on; a worker that runs goes on by itself.", returncode=130
            ) from None
        except (film_in.BadSlug, film_in.NotAFilm, film_in.MasterTooLarge, NotPlayable) as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        except OSError as error:
            raise CommandError(f"{path} cannot be taken in: {error.strerror or error}.", returncode=2) from error
        self._say_where(asset.title)

    def _ingest(self, path: Path, slug: str) -> Asset:
        """Everything is checked before anything is made: a file that is no film leaves no trace."""
        known = film_in.find_for_ingest(slug)
        _refuse_what_is_no_file(path)
        probe(path, limits=limits())
        if known and (job := film_in.unfinished(title=known, path=path)):
            return self._go_on(job)
        title, is_new = film_in.title_for_ingest(slug)
        now = timezone.now()
        try:
            asset = film_in.store_master(title=title, file=path, actor=None, now=now)
        except BaseException:
            if is_new:
                film_in.discard_draft(title)
            raise
        return self._work(jobs.start(asset, now=now), is_new=is_new)

    def _go_on(self, job: TranscodeJob) -> Asset:
        """The same file is here already: take its job up where its process is gone, else watch the one that has it."""
        self.stdout.write(f"{job.asset.original_name} is here already, from an earlier start.")
        jobs.sweep_jobs(timezone.now())
        while True:
            job.refresh_from_db()
            if jobs.claim(job, now=timezone.now()):
                return self._work(job, is_new=False)
            if job.state in (TranscodeJob.State.SUCCEEDED, TranscodeJob.State.FAILED):
                return self._ended(job, is_new=False)
            self._show(job.percent)
            time.sleep(_POLL_S)

    def _work(self, job: TranscodeJob, *, is_new: bool) -> Asset:
        return self._ended(jobs.work(job, on_progress=self._show), is_new=is_new)

    def _ended(self, job: TranscodeJob, *, is_new: bool) -> Asset:
        """The asset of a job that went well; a refusal in one sentence else, and nothing left of a file of no use."""
        asset = Asset.objects.select_related("title").get(pk=job.asset_id)
        if job.state == TranscodeJob.State.SUCCEEDED:
            return asset
        if job.state != TranscodeJob.State.FAILED:
            again = timezone.localtime(job.available_at)
            raise CommandError(
                f"{job.error or 'The encoding was cut off.'} It goes on at {again:%H:%M:%S} in a worker."
            )
        film_in.discard(asset)
        if is_new:
            film_in.discard_draft(asset.title)
        raise CommandError(asset.failure_reason, returncode=2)

    def _show(self, percent: int) -> None:
        """A bar on a terminal, else a line at each tenth."""
        if self.stdout.isatty():
            filled = _BAR * percent // 100
            self.stdout.write(f"\r[{'#' * filled}{'.' * (_BAR - filled)}] {percent:3d} %", ending="")
            if percent == 100:
                self.stdout.write("")
            self.stdout.flush()
        elif percent // 10 > self._shown:
            self._shown = percent // 10
            self.stdout.write(f"{percent} %")
            self.stdout.flush()

    def _say_where(self, title: Title) -> None:
        self.stdout.write(f"Ready: {settings.SITE_URL}{title.get_absolute_url()}")
        if not title.is_published:
            self.stdout.write("It is a draft: publish it in the admin, with an offer, for viewers to see it.")


def _refuse_what_is_no_file(path: Path) -> None:
    if path.is_dir():
        raise CommandError(f"{path} is a folder. Name the film's own file.", returncode=2)
    if not path.is_file():
        raise CommandError(f"There is no file {path}. Check the path.", returncode=2)
