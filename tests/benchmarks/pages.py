"""How long until a page on a slow phone can be used: Chromium at a quarter of its speed, 1.6 Mbit/s and 150 ms
of latency, an empty cache; the server behind no proxy.

    uv run python -m tests.benchmarks.pages [--rounds 5]

Usable is: the deferred scripts have run (DOMContentLoaded). For a room, when its connection is live is told beside it.
"""

import argparse
import os
import statistics
import tempfile
import time
from typing import Any

import tests.environment  # noqa: F401 (the environment that the settings are read from)
from tests.programs import CHROMIUM

SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    os.environ |= {"DEBUG": "on", "DJANGO_SETTINGS_MODULE": "platform_site.settings", "DJANGO_ALLOW_ASYNC_UNSAFE": "1"}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/pages.sqlite3"
        measure(options.rounds)


def measure(rounds: int) -> None:
    import django  # noqa: PLC0415 (DATABASE_URL must be known first)

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    from tests.crowd import seat_guests  # noqa: PLC0415
    from tests.factories import make_prize, make_user  # noqa: PLC0415
    from tests.live import UVICORN, Server  # noqa: PLC0415
    from tests.lottery.test_tickets import make_lottery  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    room = make_lottery(make_user("Olga"), ticketCount=500)
    for number in range(10):
        make_prize(room, name=f"Prize {number}")
    seat_guests(room, 200)
    with Server(UVICORN, DATABASE_URL=os.environ["DATABASE_URL"]) as server, sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM.path(), args=arguments)
        found: dict[str, list[dict[str, float]]] = {"join": [], "room": []}
        for _ in range(rounds + 1):
            found["join"].append(visit(browser, f"{server.url}/j/{room.join_code}"))
            found["room"].append(visit(browser, f"{server.url}/rooms/{room.pk}", live=True))
        browser.close()
    for name, figures in found.items():
        middle = {
            each: round(statistics.median(one[each] for one in figures[1:] if each in one)) for each in figures[1]
        }
        print(name, middle, flush=True)


def visit(browser: Any, url: str, *, live: bool = False) -> dict[str, float]:
    """Milliseconds from the request, and the bytes that came, in a browser that was never here."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", SLOW)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    sizes: list[float] = []
    devtools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    began = time.perf_counter()
    page.goto(url, wait_until="load")
    figures = page.evaluate(
        """() => { const [times] = performance.getEntriesByType("navigation");
        const [paint] = performance.getEntriesByName("first-contentful-paint");
        return {"painted ms": paint ? paint.startTime : 0,
                "usable ms": times.domContentLoadedEventEnd, "loaded ms": times.loadEventEnd}; }"""
    )
    if live:
        page.wait_for_selector("#state[data-state=live]", timeout=20_000)
        figures["live ms"] = (time.perf_counter() - began) * 1000
    figures["kB"] = sum(sizes) / 1000
    context.close()
    return dict(figures)


if __name__ == "__main__":
    main()
