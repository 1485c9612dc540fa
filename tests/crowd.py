"""A hall of phones: they join by code, answer one question at once, and come back after the network went away.

Each function plays one scene against running servers, says what it measured, and leaves the judgement to its caller.
"""

import asyncio
import random
import time
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from typing import Any

import requests

from accounts.models import User
from apps_registry.builtin.quiz.models import Answer, Round
from prizes.actions import create_prize
from rooms.models import Participant, Room
from tests.factories import add_participant, make_guest
from tests.live import Live, apart, token_of

BROWSERS = 40  # threads in which phones call; each keeps its connection
HANDSHAKES = 50  # sockets that are being opened at a time


def spread(seconds: list[float]) -> dict[str, float]:
    """In milliseconds."""
    ordered = sorted(seconds)
    at = {"p50 ms": (len(ordered) - 1) // 2, "p99 ms": round((len(ordered) - 1) * 0.99)}
    return {name: round(ordered[index] * 1000, 1) for name, index in at.items()}


def seat_guests(room: Room, number: int) -> list[str]:
    """Guests who are in the room already: their tokens."""
    guests = [make_guest(f"Guest {at}") for at in range(number)]
    for guest in guests:
        add_participant(room, guest)
    return [token_of(guest) for guest in guests]


async def join_all(url: str, room: Room, number: int) -> dict[str, Any]:
    """So many phones join by the code as fast as they are let in; each fifth hears no answer and asks again."""
    calls = requests.Session()
    calls.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=BROWSERS))

    def join(at: int) -> tuple[float, set[str]]:
        key, people, began = token_hex(16), set(), time.perf_counter()
        for _ in range(2 if at % 5 == 0 else 1):
            answer = calls.post(
                f"{url}/api/v1/rooms/join",
                json={"code": room.join_code, "name": f"Phone {at}"},
                headers={"Idempotency-Key": key, "X-Device-Key": key},
                timeout=60,
            )
            assert answer.ok, answer.text
            people.add(answer.json()["data"]["participant"]["id"])
        return time.perf_counter() - began, people

    def all_of_them() -> list[tuple[float, set[str]]]:
        with ThreadPoolExecutor(BROWSERS) as pool:
            return list(pool.map(join, range(number)))

    began = time.perf_counter()
    came = await apart(all_of_them)
    took = time.perf_counter() - began
    rows = await apart(lambda: list(Participant.objects.filter(room=room, role="PARTICIPANT")))
    tickets = [row.metadata.get("ticketNumber") for row in rows]
    return {
        "came": len(came),
        "people": len(rows),
        "who got two places": sum(len(people) > 1 for _, people in came),
        "tickets": len(set(tickets) - {None}),
        "seconds": round(took, 2),
        **spread([seconds for seconds, _ in came]),
    }


async def come_in(url: str, room: Room, tokens: list[str], known: list[Live] | None = None) -> list[Live]:
    """Sockets of these phones, subscribed; those that were `known` go on after the last event that they saw."""
    gate = asyncio.Semaphore(HANDSHAKES)

    async def enter(at: int) -> Live:
        async with gate:
            phone = Live(url, tokens[at])
            await phone.__aenter__()
            before = known[at] if known else None
            since = {"since": last_seen(before), "level": "public"} if before else {}
            told = await phone.subscribe(room.pk, **since)
            assert told["resumed"] is bool(before)
            return phone

    return await asyncio.gather(*(enter(at) for at in range(len(tokens))))


async def leave(phones: list[Live]) -> None:
    for phone in phones:
        await phone.__aexit__()


async def seen(phone: Live, number: int) -> None:
    await phone.until(lambda: number in phone.numbers(), 60)


def last_seen(phone: Live) -> int:
    start = next(each["data"]["seq"] for each in phone.events if each["event"] == "room:subscribed")
    return max([start, *phone.numbers()])


async def come_back(url: str, room: Room, by: User, tokens: list[str], missed: int = 20) -> dict[str, Any]:
    """All phones lose the line, things go on, they come back, and more happens while they do."""

    def happen(word: str) -> None:
        for number in range(missed):
            create_prize(room_id=room.pk, by=by, name=f"{word} {number}")

    before = await come_in(url, room, tokens)
    await leave(before)
    await apart(happen, "Missed")
    began = time.perf_counter()
    phones, _ = await asyncio.gather(come_in(url, room, tokens, before), apart(happen, "Meanwhile"))
    took = time.perf_counter() - began
    end = await apart(lambda: Room.objects.get(pk=room.pk).last_public_seq)
    await asyncio.gather(*(seen(phone, end) for phone in phones))
    whole = sum(
        phone.numbers() == list(range(last_seen(old) + 1, end + 1)) for phone, old in zip(phones, before, strict=True)
    )
    await leave(phones)
    return {"came back": len(phones), "missed nothing": whole, "events": 2 * missed, "seconds": round(took, 2)}


async def answer_all(url: str, room: Room, host_token: str, tokens: list[str], within: float = 1.0) -> dict[str, Any]:
    """All phones answer the first question of a quiz `within` so many seconds; three in ten are right."""
    chance = random.Random(7)
    phones = await come_in(url, room, tokens)
    [host] = await come_in(url, room, [host_token])
    shown = await host.ask("quiz:show_question", roomId=room.pk, questionIndex=0)
    assert shown["success"], shown
    await asyncio.sleep(0.3)  # nobody is let through faster than a person can be
    waits: list[float] = []

    async def answer(phone: Live, after: float, option: int) -> bool:
        await asyncio.sleep(after)
        began = time.perf_counter()
        told = await phone.ask("quiz:answer", roomId=room.pk, questionId="q1", answerIndex=option)
        waits.append(time.perf_counter() - began)
        return bool(told["success"])

    began = time.perf_counter()
    plans = [(phone, within * chance.random(), int(chance.random() < 0.3)) for phone in phones]
    accepted = await asyncio.gather(*(answer(*plan) for plan in plans))
    took = time.perf_counter() - began
    await host.ask("quiz:close_question", roomId=room.pk)
    answers, first, winner = await apart(outcome, room)
    counts = phones[0].names().count("quiz:answer_count")
    await leave([host, *phones])
    return {
        "answered": len(accepted),
        "accepted": sum(accepted),
        "recorded": answers,
        "first right one wins": winner == first if winner else None,  # points have no winner of a round
        "counts": counts,
        "seconds": round(took, 2),
        **spread(waits),
    }


def outcome(room: Room) -> tuple[int, str | None, str | None]:
    """How many answers there are, whose right one arrived first, and who has the round."""
    played = Round.objects.get(quiz__room=room, question_id="q1")
    answers = Answer.objects.filter(round=played)
    first = answers.filter(is_right=True).order_by("arrived_at").first()
    return answers.count(), first.participant_id if first else None, played.winner_id
