"""Draws that the platform holds by itself, when the time of the draw passes while the event runs."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_tasks import task

from accounts.actors import PLATFORM
from apps_registry.builtin.lottery.models import AutoDraw
from platform_site.rest.exceptions import InvalidInput, NotFound
from prizes.actions import commit_draw, run_draw
from prizes.actions.commit import MOST_PRIZES
from prizes.enums import OPEN_DRAWS
from prizes.errors import DrawOver, DrawRunning
from prizes.models import Prize
from rooms.enums import RoomStatus
from rooms.models import Room
from rooms.notifications import notify
from rooms.permissions import lock_room

APP_ID = "app_lottery_v1"
PAST = "This time is past. Choose a later one, or switch the draw by itself off."


def moment_of(settings: dict[str, Any]) -> datetime:
    """The time of the draw. Raises ValueError for what only looks like one."""
    moment = datetime.fromisoformat(settings["drawDate"].upper())
    if moment.tzinfo is None:
        raise ValueError
    return moment


def require_time_to_come(settings: dict[str, Any]) -> None:
    """An event that starts, or is changed, with a time that has passed would draw before anybody expects it."""
    if settings.get("autoDraw") and moment_of(settings) <= timezone.now():
        raise InvalidInput({"appSettings.drawDate": [PAST]})


def queue_due_draws() -> list[str]:
    """Queues a task for every lottery whose time has passed and that is not drawn; says which. Queued twice, or by two
    workers, a lottery is drawn once."""
    running = Room.objects.filter(app_id=APP_ID, status=RoomStatus.ACTIVE, app_settings__autoDraw=True)
    due = [room.pk for room in running.only("id", "app_settings").iterator() if is_due(room)]
    for room_id in due:
        draw_lottery.enqueue(room_id)
    return due


def is_due(room: Room) -> bool:
    moment = moment_of(room.app_settings)
    if moment > timezone.now():
        return False
    held = AutoDraw.objects.filter(room=room, due_at=moment)
    return not held.exists() or held.filter(draw__status__in=OPEN_DRAWS).exists()


@task
def draw_lottery(room_id: str) -> None:
    """Draws everything that is left of all prizes, where that is due. A run that broke off is taken up where it was:
    what was committed stays committed, and is run."""
    for draw_id in commit_due_draws(room_id):
        try:
            run_draw(room_id=room_id, draw_id=draw_id, by=PLATFORM)
        except (DrawRunning, DrawOver):
            continue  # by another worker, or cancelled by an organizer


@transaction.atomic
def commit_due_draws(room_id: str) -> list[str]:
    """Commits what is due, once, and answers which draws are to be run. The commit and the mark that it was made are
    one transaction."""
    try:
        room = lock_room(room_id, PLATFORM)
    except NotFound:
        return []
    settings = room.app_settings
    if room.app_id != APP_ID or room.status != RoomStatus.ACTIVE or not settings.get("autoDraw"):
        return []
    moment = moment_of(settings)
    if moment > timezone.now():
        return []
    held = AutoDraw.objects.filter(room=room, due_at=moment)
    if not held.exists():
        commit_all(room, moment)
    return list(held.filter(draw__status__in=OPEN_DRAWS).order_by("part").values_list("draw", flat=True))


def commit_all(room: Room, moment: datetime) -> None:
    free = Prize.objects.filter(room=room, quantity_remaining__gt=F("quantity_reserved")).order_by("position", "pk")
    ids = list(free.values_list("pk", flat=True))
    try:
        # Savepoint: where nobody can enter, no prize stays reserved.
        with transaction.atomic():
            for part, start in enumerate(range(0, len(ids), MOST_PRIZES), start=1):
                prizes: list[tuple[str, int | None]] = [(pk, None) for pk in ids[start : start + MOST_PRIZES]]
                draw = commit_draw(room_id=room.pk, by=PLATFORM, prizes=prizes)
                AutoDraw.objects.create(room=room, due_at=moment, part=part, draw=draw)
        why = "" if ids else "No prize was left to draw."
    except InvalidInput as refusal:
        why = " ".join(message for messages in refusal.details["fields"].values() for message in messages)
    if why:
        AutoDraw.objects.create(room=room, due_at=moment, part=0)
        tell_nothing_drawn(room, why)


def tell_nothing_drawn(room: Room, why: str) -> None:
    notify(
        user_id=room.created_by_id,
        type="lottery:nothing_drawn",
        title="The time of the draw has passed, and nothing was drawn",
        body=why,
        room=room,
    )
