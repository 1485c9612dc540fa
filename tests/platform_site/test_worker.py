"""The worker: due jobs once a time, queued tasks once, nothing lost when a worker is killed or told to stop."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from threading import Barrier

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks_db.models import DBTaskResult

from accounts.actions import open_session
from accounts.models import Session
from platform_site.jobs import LEASE, TASK_LEASE, claim, clean_up, revive_lost_tasks, run_due_jobs
from platform_site.models import ScheduledJob
from platform_site.worker import Worker
from tests.factories import make_user
from tests.live import database_url
from tests.platform_site import sample_tasks
from tests.races import together

RAN: Counter[str] = Counter()
JOBS = {"one": (f"{__name__}.job_one", 60), "two": (f"{__name__}.job_two", 3600), "bad": (f"{__name__}.job_bad", 60)}


def job_one():
    RAN["one"] += 1


def job_two():
    RAN["two"] += 1


def job_bad():
    RAN["bad"] += 1
    raise RuntimeError("on purpose")


@pytest.fixture
def sample_jobs(settings):
    RAN.clear()
    settings.JOBS = JOBS


@pytest.mark.usefixtures("sample_jobs")
@pytest.mark.django_db
class TestJobs:
    def test_each_runs_at_once_and_then_by_its_time(self):
        assert run_due_jobs() == ["one", "two", "bad"]
        assert run_due_jobs() == []
        later = timezone.now() + timedelta(minutes=2)
        assert run_due_jobs(later) == ["one", "bad"]
        assert RAN == {"one": 2, "two": 1, "bad": 2}

    def test_one_that_fails_is_logged_and_keeps_no_other_from_running(self, caplog):
        run_due_jobs()
        assert "'bad' failed" in caplog.text
        assert RAN["two"] == 1

    def test_one_that_was_killed_in_the_middle_is_due_again_soon(self):
        now = timezone.now()
        assert claim("two", now)  # and then nothing more of this worker
        assert run_due_jobs(now + LEASE - timedelta(seconds=1)) == ["one", "bad"]
        assert "two" in run_due_jobs(now + LEASE)


@pytest.mark.usefixtures("sample_jobs")
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestTwoWorkers:
    def test_without_a_conditional_write_both_would_run_a_job(self):
        """The control: both look, both see it due."""
        looked, ran = Barrier(2), []
        ScheduledJob.objects.create(name="one", run_after=timezone.now())

        def naive(at: int) -> None:
            job = ScheduledJob.objects.get(name="one")
            looked.wait(30)
            if job.run_after <= timezone.now():
                ran.append(at)
                ScheduledJob.objects.filter(name="one").update(run_after=timezone.now() + LEASE)

        together(2, naive)
        assert len(ran) == 2

    def test_one_of_them_runs_it(self):
        together(8, lambda at: run_due_jobs())
        assert RAN == {"one": 1, "two": 1, "bad": 1}

    def test_each_task_runs_once(self, tmp_path):
        for number in range(30):
            sample_tasks.note.enqueue(str(tmp_path), f"task {number}")
        together(4, lambda at: Worker().turn())
        while DBTaskResult.objects.ready().exists():
            Worker().turn()
        assert len(list(tmp_path.iterdir())) == 30
        assert {path.read_text() for path in tmp_path.iterdir()} == {"ran\n"}


@pytest.mark.django_db(transaction=True)
def test_a_task_that_fails_is_kept_and_the_next_one_runs(tmp_path, settings):
    settings.JOBS = {}
    sample_tasks.fail.enqueue()
    sample_tasks.note.enqueue(str(tmp_path), "after")
    Worker().turn()
    assert (tmp_path / "after").exists()
    assert "on purpose" in DBTaskResult.objects.failed().get().traceback


@pytest.mark.django_db
def test_cleaning_up_is_a_job_and_a_command(capsys):
    open_session(user=make_user())
    Session.objects.update(expires_at=timezone.now())
    assert clean_up()["sessions"] == 1
    call_command("cleanup")
    assert "sessions: 0" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_old_tasks_are_forgotten(tmp_path, settings):
    settings.JOBS = {}
    for name in ("old", "new"):
        sample_tasks.note.enqueue(str(tmp_path), name)
    Worker().turn()
    first = DBTaskResult.objects.order_by("enqueued_at")[0]
    DBTaskResult.objects.filter(pk=first.pk).update(finished_at=timezone.now() - timedelta(days=8))
    assert clean_up()["tasks"] == 1


def test_every_job_of_the_product_can_be_imported():
    assert all(callable(import_string(path)) and seconds > 0 for path, seconds in django_settings.JOBS.values())


class Process:
    """`manage.py worker` on this test's database."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "worker"],
            cwd=django_settings.BASE_DIR,
            env=os.environ | {"DATABASE_URL": database_url(), "PYTHONPATH": str(django_settings.BASE_DIR)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def until(true, seconds=90.0):
    """Waits for what another process does; raises when it never happens."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
class TestProcesses:
    def test_killed_in_the_middle_of_a_task_it_is_run_again(self, tmp_path):
        sample_tasks.wait_for.enqueue(str(tmp_path), "job")
        with Process() as first:
            until((tmp_path / "job.begun").exists)
            first.process.send_signal(signal.SIGKILL)
            first.process.wait()
        assert DBTaskResult.objects.running().count() == 1
        assert revive_lost_tasks() == 0  # it may be running still
        DBTaskResult.objects.update(started_at=timezone.now() - TASK_LEASE)
        assert revive_lost_tasks() == 1
        (tmp_path / "job.go").touch()
        with Process():
            until(DBTaskResult.objects.successful().exists)
        assert (tmp_path / "job.done").read_text() == "done\n"

    def test_told_to_stop_it_finishes_what_it_has_begun_and_begins_nothing_new(self, tmp_path):
        for name in ("first", "second"):
            sample_tasks.wait_for.enqueue(str(tmp_path), name)
        with Process() as worker:
            until((tmp_path / "first.begun").exists)
            worker.process.send_signal(signal.SIGTERM)
            (tmp_path / "first.go").touch()
            assert worker.process.wait(timeout=60) == 0
        assert (tmp_path / "first.done").exists()
        assert not (tmp_path / "second.begun").exists()
        assert DBTaskResult.objects.ready().count() == 1
