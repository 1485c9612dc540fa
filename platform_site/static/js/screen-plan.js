/* How a draw moves on the big screen, worked out before it begins, as the global `ScreenPlan`. Pure: no clock, no canvas.
 *
 *   const plan = ScreenPlan.make({names, winners, seconds, width, height, row, measure, random});
 *
 *   names     who may still win, any order         winners  whom the draw chose; the light ends on them
 *   seconds   how long the names move              row      the height of one lane
 *   measure   (name) => its width                  random   as Math.random
 *   even      true: a slow, even pace without a light, for a draw that is only announced
 *
 *   plan.lanes   [{y, speed, leftwards, items: [{name, at, width}]}]; `at` grows along the lane's way
 *   plan.hops    [{at, lit: [[lane, item], …]}] in order of time: which names are lit from that second on
 *   plan.targets the names that are lit last, one for each winner as long as there are lanes
 *
 *   ScreenPlan.travelled(plan, lane, second)  how far a lane has come: fast at first, at rest from `seconds` on
 *   ScreenPlan.place(plan, lane, item, second) the left edge of an item on the canvas
 *   ScreenPlan.hopAt(plan, second)             the index of the hop that holds, -1 before the first
 *
 * The result is known before anything moves and changes neither where the light jumps nor how long it stays anywhere:
 * only the last jump goes to the winner, who stood among the others in his place from the start. */
"use strict";

(function () {
  const FIRST_HOP = 0.3;
  const LAST_STEPS = [1.0, 0.85, 0.7, 0.55, 0.42, 0.32, 0.25, 0.2, 0.16, 0.13, 0.11, 0.1];
  const QUICKEST = 0.09;
  const EVEN_PACE = 0.07;
  const EDGE = 0.06; // of the width: where nothing is lit at the end

  function make({names, winners, seconds, width, height, row, measure, random, even = false}) {
    const plan = {seconds, width, even, lanes: [], hops: [], targets: []};
    const bag = bagOf(names.length ? names : winners, random);
    const count = Math.max(1, Math.floor(height / row));
    const top = (height - count * row) / 2;
    for (let index = 0; index < count; index += 1) {
      const speed = width * (0.34 + 0.3 * random()) * (even ? EVEN_PACE : 1);
      const lane = {y: top + row * (index + 0.5), speed, leftwards: index % 2 === 0, items: []};
      const length = width + reach(plan, lane);
      let at = -width * 0.2 * random();
      while (at < length + width * 0.1) {
        const name = bag();
        const own = measure(name);
        lane.items.push({name, at, width: own});
        at += own + row * 0.9;
      }
      plan.lanes.push(lane);
    }
    if (even) return plan;
    plan.targets = seat(plan, winners, measure, random);
    plan.hops = hopsOf(plan, random);
    return plan;
  }

  /** Names in a mixed order; everybody comes up before anybody comes up again. */
  function bagOf(names, random) {
    let rest = [];
    return () => {
      if (!rest.length) rest = mixed(names, random);
      return rest.pop();
    };
  }

  function mixed(list, random) {
    const copy = [...list];
    for (let last = copy.length - 1; last > 0; last -= 1) {
      const other = Math.floor(random() * (last + 1));
      [copy[last], copy[other]] = [copy[other], copy[last]];
    }
    return copy;
  }

  const reach = ({even, seconds}, {speed}) => (speed * seconds) / (even ? 1 : 3);

  function travelled(plan, lane, second) {
    const done = Math.min(1, Math.max(0, second / plan.seconds));
    return reach(plan, lane) * (plan.even ? done : 1 - (1 - done) ** 3);
  }

  function place(plan, lane, item, second) {
    const along = item.at - travelled(plan, lane, second);
    return lane.leftwards ? along : plan.width - along - item.width;
  }

  function isSeen(plan, lane, item, second, edge = 0) {
    const x = place(plan, lane, item, second);
    return x >= plan.width * edge && x + item.width <= plan.width * (1 - edge);
  }

  /** Gives each winner a seat, by chance, among those in view at the end; one a lane. */
  function seat(plan, winners, measure, random) {
    const targets = [];
    const lanes = mixed(plan.lanes.map((_, index) => index), random).slice(0, winners.length);
    lanes.forEach((index, number) => {
      const lane = plan.lanes[index];
      const name = winners[number];
      const own = measure(name);
      const fitting = lane.items.map((_, at) => at).filter((at) => isSeen(plan, lane, {at: lane.items[at].at, width: own}, plan.seconds, EDGE));
      if (!fitting.length) return;
      const chosen = fitting[Math.floor(random() * fitting.length)];
      const shift = own - lane.items[chosen].width;
      lane.items[chosen] = {...lane.items[chosen], name, width: own};
      for (let at = chosen + 1; at < lane.items.length; at += 1) lane.items[at].at += shift;
      targets.push([index, chosen]);
    });
    return targets;
  }

  /** The jumps of the light, from the last one back to the first: they follow each other ever more slowly. */
  function hopsOf(plan, random) {
    const times = [plan.seconds];
    for (let step = 0; times[0] > FIRST_HOP; step += 1) {
      const pause = (LAST_STEPS[step] ?? QUICKEST) * (0.8 + 0.4 * random());
      if (times[0] - pause < FIRST_HOP) break;
      times.unshift(times[0] - pause);
    }
    const group = Math.max(1, plan.targets.length);
    const hops = [];
    let before = "";
    times.slice(0, -1).forEach((at, index) => {
      const seen = inView(plan, at, times[index + 1]).filter((each) => String(each) !== before);
      const lit = mixed(seen, random).slice(0, group);
      before = lit.length === 1 ? String(lit[0]) : "";
      hops.push({at, lit});
    });
    return [...hops, {at: plan.seconds, lit: plan.targets}];
  }

  /** [lane, item] of all that stay whole on the canvas between two moments. */
  function inView(plan, from, to) {
    const seen = [];
    plan.lanes.forEach((lane, index) => lane.items.forEach((item, at) => {
      if (isSeen(plan, lane, item, from, EDGE / 2) && isSeen(plan, lane, item, to, EDGE / 2)) seen.push([index, at]);
    }));
    return seen;
  }

  function hopAt(plan, second) {
    let low = -1;
    let high = plan.hops.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (plan.hops[middle].at <= second) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  window.ScreenPlan = {make, travelled, place, hopAt};
})();
