"""How the names of a draw move: static/js/screen-plan.js, run by Node over many plans."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.programs import NODE

pytestmark = pytest.mark.node
SCRIPT = Path(__file__).resolve().parents[2] / "platform_site" / "static" / "js" / "screen-plan.js"
RUN = """
globalThis.window = globalThis;
require(process.argv[1]);
const {rounds, pool, winners, seconds} = JSON.parse(require("fs").readFileSync(0, "utf8"));
let state = 20261124;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
const names = Array.from({length: pool}, (_, number) => `Name ${number}`);
const measure = (name) => name.length * 30 + 40;
const told = [];
for (let round = 0; round < rounds; round += 1) {
  const plan = ScreenPlan.make({names, winners, seconds, width: 1920, height: 620, row: 80, measure, random});
  const way = (at) => ScreenPlan.travelled(plan, plan.lanes[0], at);
  const end = ({at, width}) => at + width;
  const left = (lane, item, at) => ScreenPlan.place(plan, plan.lanes[lane], plan.lanes[lane].items[item], at);
  const seen = (lane, item, at) => {
    const x = left(lane, item, at);
    return x >= 0 && x + plan.lanes[lane].items[item].width <= 1920;
  };
  const name = ([lane, item]) => plan.lanes[lane].items[item].name;
  told.push({
    lanes: plan.lanes.length,
    hops: plan.hops.length,
    pauses: plan.hops.slice(1).map((hop, index) => hop.at - plan.hops[index].at),
    last: plan.hops[plan.hops.length - 1].lit.map(name),
    before: plan.hops.slice(0, -1).map((hop) => hop.lit.map(name)),
    unseen: plan.hops.flatMap((hop) => hop.lit.filter(([lane, item]) => !seen(lane, item, hop.at))).length,
    end: plan.hops[plan.hops.length - 1].at,
    hopAt: [-1, 0, plan.hops[3].at, seconds + 9].map((at) => ScreenPlan.hopAt(plan, at)),
    speeds: [0.5, 3, 6.5].map((at) => way(at + 0.1) - way(at)),
    overlaps: plan.lanes.flatMap(({items}) => items.slice(1).filter((one, at) => one.at < end(items[at]))).length,
    shown: new Set(plan.lanes.flatMap(({items}) => items.map((each) => each.name))).size,
    place: plan.targets.map(([lane, item]) => Math.round(left(lane, item, seconds))),
  });
}
console.log(JSON.stringify(told));
"""


def plans(rounds: int = 60, pool: int = 200, winners: tuple[str, ...] = ("Name 7",)) -> list[dict[str, Any]]:
    done = subprocess.run(
        [str(NODE.path()), "-e", RUN, str(SCRIPT)],
        input=json.dumps({"rounds": rounds, "pool": pool, "winners": winners, "seconds": 7}),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


def test_the_light_ends_exactly_at_the_winner() -> None:
    for plan in plans():
        assert plan["last"] == ["Name 7"]
        assert plan["end"] == 7
        assert plan["unseen"] == 0
        assert plan["overlaps"] == 0


def test_the_last_steps_come_one_by_one() -> None:
    for plan in plans():
        assert plan["hops"] > 20
        assert max(plan["pauses"][:5]) < 0.2
        assert min(plan["pauses"][-3:]) > 0.5
        fast, slower, slowest = plan["speeds"]
        assert fast > slower > slowest > 0


def test_nothing_before_the_last_jump_tells_the_winner() -> None:
    """Everybody is lit about as often as others, and the place of the end is another one each time."""
    told = plans(rounds=300, pool=40)
    jumps = [name for plan in told for hop in plan["before"] for name in hop]
    winner = sum(name == "Name 7" for name in jumps) / len(jumps)
    assert 0.5 / 40 < winner < 3 / 40
    assert len({tuple(plan["place"]) for plan in told}) > 200
    step_before = [plan["before"][-1][0] for plan in told]
    assert len(set(step_before)) > 30


def test_several_winners_are_lit_together() -> None:
    for plan in plans(winners=("Name 1", "Name 2", "Name 3")):
        assert sorted(plan["last"]) == ["Name 1", "Name 2", "Name 3"]
        assert {len(hop) for hop in plan["before"]} == {3}
        assert plan["unseen"] == 0


def test_more_winners_than_lanes_and_names_longer_than_the_screen_have_a_plan_too() -> None:
    many = tuple(f"Name {number}" for number in range(50))
    for plan in plans(rounds=5, winners=many):
        assert len(plan["last"]) == plan["lanes"]
    assert plans(rounds=5, pool=1)[0]["last"] == ["Name 7"]
    assert plans(rounds=5, pool=0)[0]["last"] == ["Name 7"]


def test_a_hop_is_found_by_its_time() -> None:
    for plan in plans(rounds=3):
        assert plan["hopAt"] == [-1, -1, 3, plan["hops"] - 1]


def test_many_names_come_up() -> None:
    assert all(plan["shown"] > 60 for plan in plans(rounds=5, pool=2000))
