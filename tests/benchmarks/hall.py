"""A full hall on one machine: 500 phones join by code, answer one question within a second, and come back after the
network went away. Servers as in production (granian for REST, uvicorn for sockets), PostgreSQL and Valkey from wheels.

    uv run python -m tests.benchmarks.hall [--phones 500]
"""

import argparse
import asyncio
import json
import os
from typing import Any

import tests.environment  # noqa: F401 (the environment that the settings are read from)
from tests.servers import Redis, start_postgres

LONGEST = 240  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phones", type=int, default=500)
    options = parser.parse_args()
    os.environ |= {"DEBUG": "on", "RATE_LIMITS": "off", "DJANGO_SETTINGS_MODULE": "platform_site.settings"}
    os.environ["DATABASE_URL"], database = start_postgres()
    try:
        with Redis() as redis:
            os.environ["REDIS_URL"] = redis.url
            asyncio.run(asyncio.wait_for(play(options.phones), LONGEST))
    finally:
        database.stop()


async def play(number: int) -> None:
    import django  # noqa: PLC0415 (DATABASE_URL must be known first)

    django.setup()
    from tests import crowd  # noqa: PLC0415
    from tests.live import GRANIAN, UVICORN, Server, apart, token_of  # noqa: PLC0415

    lottery, quiz, host, tokens = await apart(set_up, number)
    known = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")} | {"DEBUG": "off", "REALTIME_TICK": "5"}
    known |= {"HTTPS": "off"}
    at = GRANIAN.index("--workers") + 1
    two_workers = (*GRANIAN[:at], "2", *GRANIAN[at + 1 :])
    with Server(two_workers, **known) as http, Server(UVICORN, **known) as sockets:
        try:
            tell("join by code", await crowd.join_all(http.url, lottery, number))
        finally:
            http.terminate()  # its workers outlive a kill -9
        live = sockets.live_url
        tell("answer, for points", await crowd.answer_all(live, quiz, await apart(token_of, host), tokens))
        race, racers = await apart(set_up_quiz, host, number, "first")
        tell("answer, the first wins", await crowd.answer_all(live, race, await apart(token_of, host), racers))
        tell("come back", await crowd.come_back(live, quiz, host, tokens))


def tell(scene: str, figures: dict[str, Any]) -> None:
    print(scene, json.dumps(figures), flush=True)


def set_up(number: int) -> tuple[Any, Any, Any, list[str]]:
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    from tests.factories import make_user  # noqa: PLC0415
    from tests.lottery.test_tickets import make_lottery  # noqa: PLC0415

    host = make_user("Olga")
    quiz, tokens = set_up_quiz(host, number, "points")
    return make_lottery(host, ticketCount=number), quiz, host, tokens


def set_up_quiz(host: Any, number: int, scoring: str) -> tuple[Any, list[str]]:
    from tests.crowd import seat_guests  # noqa: PLC0415
    from tests.quiz.conftest import make_quiz  # noqa: PLC0415

    quiz = make_quiz(host, scoring=scoring)
    return quiz, seat_guests(quiz, number)


if __name__ == "__main__":
    main()
