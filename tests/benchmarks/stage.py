"""Sets the stage of a live benchmark: a database with one active room and one server process. Ends with its input."""

import json
import os
import sys

from tests.servers import start_postgres


def main() -> None:
    kind, folder, *arguments = sys.argv[1:]
    database = None
    if kind == "postgres":
        os.environ["DATABASE_URL"], database = start_postgres()
    else:
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/bench.sqlite3"
    import django  # noqa: PLC0415 (DATABASE_URL must be known first)

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from tests.factories import make_room, make_user  # noqa: PLC0415
    from tests.live import DAPHNE, UVICORN, Server, token_of  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    organiser = make_user("Olga")
    room, token = make_room(organiser).pk, token_of(organiser)
    base = DAPHNE if arguments[0] == "daphne" else UVICORN
    command = (*base[:-1], *arguments[1:], base[-1])
    with Server(command, DATABASE_URL=os.environ["DATABASE_URL"], REALTIME_TICK="5") as server:
        assert server.process is not None
        print(json.dumps({"port": server.port, "pid": server.process.pid, "room": room, "token": token}), flush=True)
        sys.stdin.read()
        print(server.output()[-3000:], file=sys.stderr)
    if database is not None:
        database.stop()


if __name__ == "__main__":
    main()
