from django.db import migrations

from platform_site.db.indexes import trigram_index
from platform_site.db.triggers import Trigger, add_rules

CREATOR_LEAVES = """
    (NEW.role <> 'ORGANIZER' OR NEW.deleted_at IS NOT NULL) AND EXISTS (
        SELECT 1 FROM rooms_room
        WHERE id = NEW.room_id AND created_by_id = NEW.user_id AND deleted_at IS NULL)
"""
CREATOR_GOES = """
    EXISTS (
        SELECT 1 FROM rooms_room
        WHERE id = OLD.room_id AND created_by_id = OLD.user_id AND deleted_at IS NULL)
"""
# A room gets its creator at its birth, before anybody can be in it; afterwards only an organizer of it can be that.
CREATOR_IS_NO_ORGANIZER = """
    NEW.deleted_at IS NULL
    AND (NEW.created_by_id <> OLD.created_by_id OR OLD.deleted_at IS NOT NULL)
    AND NOT EXISTS (
        SELECT 1 FROM rooms_participant
        WHERE room_id = NEW.id AND user_id = NEW.created_by_id AND role = 'ORGANIZER' AND deleted_at IS NULL)
"""
NOT_IN_THE_LIFE_OF_A_ROOM = """
    NEW.status <> OLD.status
    AND NOT (OLD.status = 'DRAFT' AND NEW.status IN ('ACTIVE', 'CANCELLED'))
    AND NOT (OLD.status = 'ACTIVE' AND NEW.status IN ('COMPLETED', 'CANCELLED'))
"""
ALL_BUT_PAYLOAD = ("id", "room_id", "seq", "public_seq", "type", "visibility", "actor_id", "created_at")


class Migration(migrations.Migration):
    dependencies = [("rooms", "0001_initial")]

    operations = [
        add_rules(
            *(
                Trigger(
                    name=f"participant_creator_stays_on_{on.lower()}",
                    table="rooms_participant",
                    on=on,
                    refuse_if=CREATOR_LEAVES,
                    message="the creator of a room stays its organizer",
                )
                for on in ("INSERT", "UPDATE")
            ),
            Trigger(
                name="participant_creator_stays_on_delete",
                table="rooms_participant",
                on="DELETE",
                refuse_if=CREATOR_GOES,
                message="the creator of a room stays its organizer",
            ),
            Trigger(
                name="participant_keeps_its_room",
                table="rooms_participant",
                on="UPDATE",
                refuse_if="NEW.room_id <> OLD.room_id",
                message="a participant stays with its room",
            ),
            Trigger(
                name="room_creator_is_organizer",
                table="rooms_room",
                on="UPDATE",
                refuse_if=CREATOR_IS_NO_ORGANIZER,
                message="the creator of a room is one of its organizers",
            ),
            Trigger(
                name="room_life",
                table="rooms_room",
                on="UPDATE",
                refuse_if=NOT_IN_THE_LIFE_OF_A_ROOM,
                message="a room goes from draft to active to completed, or is cancelled before that",
            ),
            Trigger(
                name="room_event_append_only",
                table="rooms_roomevent",
                on="UPDATE",
                refuse_if=" OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in ALL_BUT_PAYLOAD),
                message="an event keeps everything but its payload",
            ),
            Trigger(
                name="room_event_kept",
                table="rooms_roomevent",
                on="DELETE",
                # Retention may delete from closed and deleted rooms, but never what the draw's evidence is made of.
                refuse_if="""
                    EXISTS (
                        SELECT 1 FROM rooms_room
                        WHERE id = OLD.room_id AND (
                            OLD.type LIKE 'draw:%' OR OLD.type LIKE 'winner:%'
                            OR (deleted_at IS NULL AND status IN ('DRAFT', 'ACTIVE'))))
                """,
                message="this event is kept",
            ),
        ),
        trigram_index("room_name_search", table="rooms_room", column="name"),
    ]
