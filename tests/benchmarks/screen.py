"""How smoothly the names of a draw move over a big screen of 1920 x 1080: the frames that Chromium shows, and the
processor time that a frame takes.

    uv run python -m tests.benchmarks.screen [--names 2000] [--seconds 7]

Without a graphics card (as here, --disable-gpu) everything is painted by the processor. `script` is what our own
drawing takes of a frame's 16.7 ms; the rest is the browser's painting, which a graphics card does elsewhere.
"""

import argparse
import os
import tempfile
from typing import Any

import tests.environment  # noqa: F401 (the environment that the settings are read from)
from tests.programs import CHROMIUM

PLAY = """async ({names, seconds}) => {
  const canvas = document.querySelector("[data-part=field]");
  const section = document.querySelector("[data-mode=DRAW]");
  document.getElementById("closed").hidden = true;
  section.hidden = false;
  section.dataset.stage = "moving";
  const field = new ScreenField(canvas);
  field.fit();
  const times = [];
  const draw = field.draw.bind(field);
  field.draw = (...all) => {
    const start = performance.now();
    draw(...all);
    times.push(performance.now() - start);
  };
  const pool = Array.from({length: names}, (_, n) => `Person Number ${n}`);
  const whole = await field.play({names: pool, winners: [pool[7 % names]], seconds});
  times.sort((a, b) => a - b);
  const part = (share) => times[Math.floor(times.length * share)];
  return {whole, width: field.width, ...field.frames, script: part(0.5), worst: part(0.99)};
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=7)
    options = parser.parse_args()
    os.environ |= {"DEBUG": "on", "DJANGO_SETTINGS_MODULE": "platform_site.settings"}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/screen.sqlite3"
        told = measure({"names": options.names, "seconds": options.seconds})
    print(
        f"{options.names} names on {told['width']} px: {told['count'] / told['seconds']:.1f} frames a second, "
        f"the slowest after {told['slowest']:.0f} ms; script {told['script']:.1f} ms, p99 {told['worst']:.1f} ms"
    )


def measure(what: dict[str, Any]) -> dict[str, Any]:
    import django  # noqa: PLC0415 (DATABASE_URL must be known first)

    django.setup()
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    from tests.live import UVICORN, Server  # noqa: PLC0415

    with Server(UVICORN, DATABASE_URL=os.environ["DATABASE_URL"]) as server, sync_playwright() as playwright:
        arguments = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=CHROMIUM.path(), args=arguments)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(f"{server.url}/rooms/none/screen")
        page.wait_for_selector("#closed:visible")
        told: dict[str, Any] = page.evaluate(PLAY, what)
        browser.close()
    assert told["whole"]
    return told


if __name__ == "__main__":
    main()
