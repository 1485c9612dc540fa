/* What the modes of the big screen are made of, as the global `ScreenParts`.
 *
 *   fit(element, most)          the largest type, of `most` units and less, at which the text fits its box. One unit is
 *                               1 % of the height of a 16 : 9 screen (--u in screen.css)
 *   qr(path, label)             the code of an address on this host, as a picture
 *   new Wall(list, build, hasNotes)   shows any number of items in one box; .show(items). What does not fit on one page
 *                               comes on the next: pages turn by themselves
 *   new Arrivals(list)          names that float in, once each; .show(people)
 *   hidden(value)               a copy of what was read of people, with every name cut to "Anna K."
 *   calm()                      whether less motion is asked for
 *   pause(seconds) */
"use strict";

(function () {
  const LEAST = 4.6; // units: 49 px at 1080p, legible from ten metres
  const TURN_EVERY = 8000;
  const ARRIVE_EVERY = 350;

  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const isTooSmall = (box) => box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1;

  function fit(element, most) {
    element.classList.remove("cut");
    for (let size = most; ; size *= 0.93) {
      element.style.fontSize = `calc(${Math.max(size, LEAST).toFixed(2)} * var(--u))`;
      if (!isTooSmall(element)) return;
      if (size <= LEAST) break;
    }
    element.classList.add("cut");
  }

  const cut = (name) => {
    const words = name.trim().split(/\s+/u);
    return words.length < 2 ? words.join(" ") : `${words[0]} ${[...words.at(-1)][0].toUpperCase()}.`;
  };
  /** Names of people stand beside an avatar or under participantName; prizes and rooms keep theirs. */
  function hidden(value) {
    if (Array.isArray(value)) return value.map(hidden);
    if (value === null || typeof value !== "object" || value instanceof Set) return value;
    const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hidden(inner)]));
    if ("avatar" in copy && typeof copy.name === "string") copy.name = cut(copy.name);
    if (typeof copy.participantName === "string") copy.participantName = cut(copy.participantName);
    return copy;
  }

  function qr(path, label) {
    return Page.make("img", {class: "qr", src: `/qr.svg?to=${encodeURIComponent(path)}`, alt: label, width: 100, height: 100});
  }

  /** How a page of a wall may look, the largest first: at most so many items, in columns, in type of that size. */
  const DENSITIES = [
    {most: 1, columns: 1, size: 15},
    {most: 2, columns: 1, size: 10},
    {most: 8, columns: 1, size: 7.5},
    {most: 8, columns: 1, size: 5.6},
    {most: 16, columns: 2, size: 5.2},
    {most: Infinity, columns: 3, size: LEAST},
  ];
  const LINE = 1.3; // of the size of type
  const BETWEEN = 1; // units
  const FOOT = 6.5; // units that the number of the page takes

  class Wall {
    /** `build(item, index)` makes an <li> with a .name, and perhaps a note after it: `hasNotes()` says which. */
    constructor(list, build, hasNotes = () => true) {
      Object.assign(this, {list, build, hasNotes, items: [], page: 0});
      this.foot = Page.make("p", {class: "pages number", "aria-hidden": "true"});
      list.after(this.foot);
    }

    show(items) {
      if (items.length !== this.items.length) this.page = 0;
      this.items = items;
      this.render();
    }

    /** {columns, rows, size} of a page, for the room that there is. */
    layout() {
      const {list, items} = this;
      const unit = parseFloat(getComputedStyle(list).getPropertyValue("font-size")) / LEAST;
      for (const {most, columns, size} of DENSITIES) {
        const beside = columns === 1 && most > 2;
        const need = size * LINE + (this.hasNotes() && !beside ? LEAST * LINE : 0) + BETWEEN;
        const rows = Math.max(1, Math.floor((list.clientHeight / unit + BETWEEN) / need));
        const whole = Math.min(most, rows * columns);
        if (items.length <= whole) return {columns, size, rows: Math.ceil(items.length / columns), whole, beside};
        if (most === Infinity) {
          const fewer = Math.max(1, Math.floor((list.clientHeight / unit + BETWEEN - FOOT) / need));
          return {columns, size, rows: fewer, whole: fewer * columns, beside};
        }
      }
      throw new Error("The last density holds any number.");
    }

    render() {
      clearTimeout(this.turn);
      const {list, foot, items} = this;
      foot.hidden = true;
      list.hidden = items.length === 0;
      if (list.hidden) return list.replaceChildren();
      list.replaceChildren();
      list.style.setProperty("--rows", 1);
      const {columns, rows, size, whole, beside} = this.layout();
      const pages = Math.ceil(items.length / whole);
      this.page %= pages;
      const first = this.page * whole;
      list.dataset.columns = columns;
      list.classList.toggle("beside", beside && this.hasNotes());
      list.style.setProperty("--rows", rows);
      list.style.setProperty("--size", size);
      list.replaceChildren(...items.slice(first, first + whole).map((item, index) => this.build(item, first + index)));
      if (columns === 1) list.querySelectorAll(".name").forEach((each) => fit(each, size));
      foot.textContent = `${this.page + 1} / ${pages}`;
      foot.hidden = pages === 1;
      if (pages > 1) {
        this.turn = setTimeout(() => {
          this.page += 1;
          this.render();
        }, TURN_EVERY);
      }
    }

    stop() {
      clearTimeout(this.turn);
    }
  }

  /** A name keeps its place until it is the oldest and the place is needed: nothing else moves. */
  class Arrivals {
    constructor(list, places) {
      Object.assign(this, {list, seen: new Set(), waiting: [], next: 0});
      this.places = Array.from({length: places}, () => Page.make("li", {}));
      list.replaceChildren(...this.places);
    }

    /** `people`, the newest first. Whoever is there at the first call has come in before, and does not float. */
    show(people) {
      const fresh = people.filter(({id}) => !this.seen.has(id)).reverse();
      for (const {id} of fresh) this.seen.add(id);
      const here = new Map(people.map((each) => [each.id, each]));
      for (const place of this.places) {
        const person = here.get(place.dataset.id);
        if (person) place.firstChild.textContent = person.user.name; // names may be hidden, or shown again
        else if (place.dataset.id && people.length < 50) this.empty(place);
      }
      this.waiting = this.waiting.map((each) => here.get(each.id) || each);
      if (this.waiting.length || this.timer || this.started) this.waiting.push(...fresh);
      else fresh.slice(-this.places.length).forEach((person) => this.put(person, false));
      this.started = true;
      this.work();
    }

    work() {
      if (this.timer || !this.waiting.length) return;
      // A hall that comes in at once is not shown for minutes: the longer the queue, the more of it at a time.
      const number = Math.min(this.places.length, 1 + Math.floor(this.waiting.length / 12));
      this.waiting.splice(0, number).forEach((person) => this.put(person, true));
      this.timer = setTimeout(() => {
        this.timer = null;
        this.work();
      }, ARRIVE_EVERY);
    }

    put({id, user}, floats) {
      const place = this.places[this.next];
      this.next = (this.next + 1) % this.places.length;
      place.dataset.id = id;
      place.replaceChildren(Page.make("span", {class: floats ? "arrival floats" : "arrival", text: user.name}));
    }

    empty(place) {
      delete place.dataset.id;
      place.replaceChildren();
    }
  }

  window.ScreenParts = {fit, qr, Wall, Arrivals, calm, pause, hidden, cut};
})();
