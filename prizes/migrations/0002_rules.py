from django.db import migrations

from platform_site.db.triggers import Trigger, add_rules

OTHER_ROOM = """
    NOT EXISTS (SELECT 1 FROM prizes_prize WHERE id = NEW.prize_id AND room_id = NEW.room_id)
    OR NOT EXISTS (SELECT 1 FROM rooms_participant WHERE id = NEW.participant_id AND room_id = NEW.room_id)
"""
COMMITTED = (
    "room_id",
    "seq",
    "rehearsal",
    "replaces_id",
    "distinct",
    "entropy_plan",
    "commitment",
    "entries",
    "entry_count",
    "entries_hash",
    "rules_hash",
    "fingerprint",
)
# Not updated_at, nor the texts that erasure may have to rewrite.
RESULT = (
    "status",
    "seed",
    "sealed_seed",
    "entropy",
    "eligibility",
    "outcome",
    "strength",
    "withdrawn_count",
    "winner_count",
    "fallback_reason",
    "created_by_id",
    "created_at",
    "run_at",
    "cancelled_at",
    "ended_by_id",
)
LINE = ("draw_id", "prize_id", "position", "name", "count")


def changed(*columns: str) -> str:
    return " OR ".join(f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in columns)


class Migration(migrations.Migration):
    dependencies = [("prizes", "0001_initial"), ("rooms", "0002_rules")]

    operations = [
        add_rules(
            *(
                Trigger(
                    name=f"winner_of_one_room_on_{on.lower()}",
                    table="prizes_winner",
                    on=on,
                    refuse_if=OTHER_ROOM,
                    message="prize and participant are of the room of the win",
                )
                for on in ("INSERT", "UPDATE")
            ),
            Trigger(
                name="winner_state_is_final",
                table="prizes_winner",
                on="UPDATE",
                refuse_if="OLD.state <> 'AWARDED' AND NEW.state <> OLD.state",
                message="a win that was fulfilled or revoked stays so",
            ),
            Trigger(
                name="prize_keeps_its_room",
                table="prizes_prize",
                on="UPDATE",
                refuse_if="NEW.room_id <> OLD.room_id",
                message="a prize stays with its room",
            ),
            Trigger(
                name="draw_commit_is_final",
                table="prizes_draw",
                on="UPDATE",
                refuse_if=changed(*COMMITTED),
                message="what a draw committed to cannot change",
            ),
            Trigger(
                name="draw_result_is_final",
                table="prizes_draw",
                on="UPDATE",
                refuse_if=f"OLD.status IN ('COMPLETED', 'CANCELLED') AND ({changed(*RESULT)})",
                message="a draw that is over cannot change",
            ),
            Trigger(
                name="draw_line_is_final",
                table="prizes_drawprize",
                on="UPDATE",
                refuse_if=changed(*LINE),
                message="what a draw committed to cannot change",
            ),
            Trigger(
                name="draw_line_kept",
                table="prizes_drawprize",
                on="DELETE",
                refuse_if="""
                    EXISTS (
                        SELECT 1 FROM prizes_draw JOIN rooms_room ON rooms_room.id = prizes_draw.room_id
                        WHERE prizes_draw.id = OLD.draw_id)
                """,
                message="a draw stays on record",
            ),
            Trigger(
                name="draw_kept",
                table="prizes_draw",
                on="DELETE",
                refuse_if="EXISTS (SELECT 1 FROM rooms_room WHERE id = OLD.room_id)",
                message="a draw stays on record",
            ),
        ),
    ]
