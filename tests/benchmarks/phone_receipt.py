"""How long a phone works on the receipt of one winner among 100,000 entries: run by hand, never as a test.

    uv run python -m tests.benchmarks.phone_receipt [--entries N] [--winners N] [--slowdown 4]

Chromium with its CPU slowed down by the DevTools protocol, the program of a page, and nothing else.
"""

import argparse
import json
import statistics
from pathlib import Path

from playwright.sync_api import sync_playwright

from prizes import fair_draw
from tests.prizes.draw_records import make_record

SCRIPT = Path(__file__).parents[2] / "platform_site/static/js/fair-draw.js"
TIMES = """([text, entry, times]) => Array.from({length: times}, () => {
  const start = performance.now();
  const report = FairDraw.checkRecord(FairDraw.readRecord(text), {entry});
  if (!report.ok || report.entry === null) throw new Error(JSON.stringify(report.faults));
  return performance.now() - start;
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--winners", type=int, default=1)
    parser.add_argument("--slowdown", type=float, default=4)
    parser.add_argument("--times", type=int, default=20)
    chosen = parser.parse_args()
    entries = [(f"c{number * 2654435761 % 2**32:024d}", 1 + number % 9) for number in range(chosen.entries)]
    record = make_record(entries=entries, prizes=[("grand", chosen.winners, "Grand")], naive=False)
    asked = record["entries"][chosen.entries // 2]["participantId"]
    text = json.dumps(fair_draw.receipt_of(record, asked), separators=(",", ":"))
    print(
        f"{len(text):,} bytes for {chosen.winners:,} of {chosen.entries:,}, CPU slowed down {chosen.slowdown:g} times"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        page = browser.new_page()
        page.add_script_tag(path=SCRIPT)
        session = page.context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": chosen.slowdown})
        spent = page.evaluate(TIMES, [text, asked, chosen.times])
        browser.close()
    print(f"the first check {spent[0]:.1f} ms, the median {statistics.median(spent):.1f}, the longest {max(spent):.1f}")


if __name__ == "__main__":
    main()
