"""500 phones answer one question within a second: every answer recorded, the first right one wins, p50 and p99 from a
phone's answer to its acknowledgement. One uvicorn process, PostgreSQL and all phones share the machine.

uv run python -m tests.benchmarks.quiz --phones 500 --rounds 3
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import time
from typing import Any

from tests.servers import start_postgres


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phones", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--right", type=float, default=0.3, help="share of right answers")
    parser.add_argument("--scoring", choices=("points", "first"), default="points")
    options = parser.parse_args()
    os.environ |= {"DEBUG": "on", "RATE_LIMITS": "off", "DJANGO_SETTINGS_MODULE": "platform_site.settings"}
    os.environ["DATABASE_URL"], database = start_postgres()
    try:
        for figures in asyncio.run(play(options)):
            print(json.dumps(figures))
    finally:
        database.stop()


async def play(options: argparse.Namespace) -> list[dict[str, Any]]:
    import django  # noqa: PLC0415 (DATABASE_URL must be known first)

    django.setup()
    from tests.live import UVICORN, Live, Server, apart  # noqa: PLC0415

    room_id, host_token, tokens = await apart(set_up, options)
    with Server(UVICORN, DATABASE_URL=os.environ["DATABASE_URL"], REALTIME_TICK="5") as server:
        host = Live(server.live_url, host_token)
        phones = [Live(server.live_url, token) for token in tokens]
        await host.__aenter__()
        await host.subscribe(room_id)
        for start in range(0, len(phones), 50):
            await asyncio.gather(*(phone.__aenter__() for phone in phones[start : start + 50]))
            await asyncio.gather(*(phone.subscribe(room_id) for phone in phones[start : start + 50]))
        figures = [await one_round(options, number, room_id, host, phones) for number in range(options.rounds)]
        for phone in (host, *phones):
            await phone.socket.close()
    return figures


async def one_round(
    options: argparse.Namespace, number: int, room_id: str, host: Any, phones: list[Any]
) -> dict[str, Any]:
    from tests.live import apart  # noqa: PLC0415

    chance = random.Random(number)
    question = f"q{number}"
    shown = await host.ask("quiz:show_question", roomId=room_id, questionIndex=number)
    assert shown["success"], shown
    waits: list[float] = []
    accepted: list[bool] = []

    async def answer(phone: Any) -> None:
        await asyncio.sleep(0.2 + chance.random())
        option = 1 if chance.random() < options.right else 0
        began = time.perf_counter()
        told = await phone.ask("quiz:answer", roomId=room_id, questionId=question, answerIndex=option)
        waits.append((time.perf_counter() - began) * 1000)
        accepted.append(told["success"])

    began = time.perf_counter()
    await asyncio.gather(*(answer(phone) for phone in phones))
    took = time.perf_counter() - began
    await host.ask("quiz:close_question", roomId=room_id)
    waits.sort()
    recorded, first_wins = await apart(outcome, room_id, question)
    return {
        "phones": len(phones),
        "accepted": sum(accepted),
        "recorded": recorded,
        "first wins": first_wins,
        "seconds": round(took, 2),
        "p50 ms": round(statistics.median(waits), 1),
        "p99 ms": round(waits[int(len(waits) * 0.99) - 1], 1),
        "max ms": round(waits[-1], 1),
        "counts to a phone": sum(each["event"] == "quiz:answer_count" for each in phones[0].events),
    }


def set_up(options: argparse.Namespace) -> tuple[str, str, list[str]]:
    from django.core.management import call_command  # noqa: PLC0415

    from apps_registry.models import App  # noqa: PLC0415
    from tests.factories import add_participant, make_room, make_user  # noqa: PLC0415
    from tests.live import token_of  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    questions = [
        {"id": f"q{number}", "text": f"Question {number}", "options": ["no", "yes"], "correctIndex": 1}
        for number in range(options.rounds)
    ]
    host = make_user("Olga")
    settings = {"questions": questions, "scoring": options.scoring}
    room = make_room(host, app=App.objects.get(app_id="app_quiz_v1"), app_settings=settings)
    tokens = []
    for number in range(options.phones):
        user = make_user(f"Player {number}")
        add_participant(room, user)
        tokens.append(token_of(user))
    return room.pk, token_of(host), tokens


def outcome(room_id: str, question: str) -> tuple[int, bool | None]:
    """How many answers are recorded, and whether the earliest right one has the round; None where points count."""
    from apps_registry.builtin.quiz.models import Answer, Round  # noqa: PLC0415

    played = Round.objects.get(quiz__room=room_id, question_id=question)
    answers = Answer.objects.filter(round=played)
    first = answers.filter(is_right=True).order_by("arrived_at").first()
    wins = played.winner_id == first.participant_id if first and played.winner_id else None
    return answers.count(), wins


if __name__ == "__main__":
    main()
