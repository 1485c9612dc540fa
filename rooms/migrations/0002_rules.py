from django.db import migrations

from platform_site.db.triggers import Rule, add_rules

CREATOR_LEAVES = """
    (NEW.role <> 'ORGANIZER' OR NEW.deleted_at IS NOT NULL) AND EXISTS (
        SELECT 1 FROM rooms_room
        WHERE id = NEW.room_id AND created_by_id = NEW.user_id AND deleted_at IS NULL)
"""
ALL_BUT_PAYLOAD = ("id", "room_id", "seq", "public_seq", "type", "visibility", "actor_id", "created_at")


class Migration(migrations.Migration):
    dependencies = [("rooms", "0001_initial")]

    operations = [
        add_rules(
            *(
                Rule(
                    name=f"participant_creator_stays_on_{on.lower()}",
                    table="rooms_participant",
                    on=on,
                    refuse_if=CREATOR_LEAVES,
                    message="the creator of a room stays its organizer",
                )
                for on in ("INSERT", "UPDATE")
            ),
            Rule(
                name="room_event_append_only",
                table="rooms_roomevent",
                on="UPDATE",
                refuse_if=" OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in ALL_BUT_PAYLOAD),
                message="an event keeps everything but its payload",
            ),
            Rule(
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
    ]
