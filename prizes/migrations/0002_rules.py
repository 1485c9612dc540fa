from django.db import migrations

from platform_site.db.triggers import Rule, add_rules

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


class Migration(migrations.Migration):
    dependencies = [("prizes", "0001_initial"), ("rooms", "0002_rules")]

    operations = [
        add_rules(
            *(
                Rule(
                    name=f"winner_of_one_room_on_{on.lower()}",
                    table="prizes_winner",
                    on=on,
                    refuse_if=OTHER_ROOM,
                    message="prize and participant are of the room of the win",
                )
                for on in ("INSERT", "UPDATE")
            ),
            Rule(
                name="draw_commit_is_final",
                table="prizes_draw",
                on="UPDATE",
                refuse_if=" OR ".join(f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in COMMITTED),
                message="what a draw committed to cannot change",
            ),
            Rule(
                name="draw_kept",
                table="prizes_draw",
                on="DELETE",
                refuse_if="EXISTS (SELECT 1 FROM rooms_room WHERE id = OLD.room_id)",
                message="a draw stays on record",
            ),
        ),
    ]
