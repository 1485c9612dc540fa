/* Names in motion on a canvas, as the global `ScreenField`.
 *
 *   const field = new ScreenField(canvas);
 *   field.drift(names)                       names pass by slowly, without a light, until something else is asked
 *   await field.play({names, winners, seconds, onHop})   a plan from beginning to end (screen-plan.js); resolves true
 *                                            when the light rests on the winners, false when stop() came first
 *   field.confetti()                         for winners; ends by itself
 *   field.stop()                             an empty canvas at once
 *   field.frames                             {count, slowest} of the last play: what the benchmark reads
 *
 * A name is drawn once, to a picture of its own, and moved as a picture: a hundred fillText() a frame are too many. */
"use strict";

(function () {
  const MOST_PICTURES = 400;
  const LONGEST = 26; // letters of a name in motion; the result shows it whole
  const DRIFT = 300; // seconds; then the names are mixed anew
  const FADE = 0.45; // seconds in which all others go out when the light has come to rest

  class ScreenField {
    constructor(canvas) {
      this.canvas = canvas;
      this.pictures = new Map();
      this.frames = {count: 0, slowest: 0, seconds: 0};
      this.run = 0;
      new ResizeObserver(() => this.fit()).observe(canvas);
      this.fit();
    }

    fit() {
      const {clientWidth, clientHeight} = this.canvas;
      if (!clientWidth || !clientHeight) return;
      // Above this the eye sees no difference from the hall, and a projector's laptop does.
      const scale = Math.min(window.devicePixelRatio || 1, 2560 / clientWidth);
      if (this.width === clientWidth && this.height === clientHeight && this.scale === scale) return;
      Object.assign(this, {width: clientWidth, height: clientHeight, scale});
      this.canvas.width = Math.round(clientWidth * scale);
      this.canvas.height = Math.round(clientHeight * scale);
      this.context = this.canvas.getContext("2d");
      this.pictures.clear();
      if (this.again) this.again();
    }

    look() {
      const style = getComputedStyle(this.canvas);
      const size = parseFloat(style.fontSize);
      return {size, row: size * 1.55, font: style.fontFamily, ink: style.color, accent: style.getPropertyValue("--accent").trim(),
        onAccent: style.getPropertyValue("--on-accent").trim()};
    }

    // --- Pictures of names ------------------------------------------------------------------------------------------

    shortened(name) {
      const letters = [...name];
      return letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join("")}…` : name;
    }

    measure(name) {
      this.context.font = `700 ${this.theme.size * this.scale}px ${this.theme.font}`;
      return this.context.measureText(this.shortened(name)).width / this.scale + this.theme.size * 0.8;
    }

    picture(name, isLit) {
      const key = `${isLit ? "*" : " "}${name}`;
      const known = this.pictures.get(key);
      if (known) return known;
      if (this.pictures.size >= MOST_PICTURES) this.pictures.delete(this.pictures.keys().next().value);
      const {size, row, font, ink, accent, onAccent} = this.theme;
      const picture = document.createElement("canvas");
      picture.width = Math.ceil(this.measure(name) * this.scale);
      picture.height = Math.ceil(row * this.scale);
      const context = picture.getContext("2d");
      if (isLit) {
        context.fillStyle = accent;
        context.beginPath();
        const edge = row * 0.06 * this.scale;
        context.roundRect(0, edge, picture.width, picture.height - 2 * edge, 12 * this.scale);
        context.fill();
      }
      context.font = `700 ${size * this.scale}px ${font}`;
      context.fillStyle = isLit ? onAccent : ink;
      context.textBaseline = "middle";
      context.fillText(this.shortened(name), size * 0.4 * this.scale, picture.height / 2);
      this.pictures.set(key, picture);
      return picture;
    }

    // --- Motion -----------------------------------------------------------------------------------------------------

    plan(options) {
      this.theme = this.look();
      this.pictures.clear();
      return ScreenPlan.make({...options, width: this.width, height: this.height, row: this.theme.row,
        measure: (name) => this.measure(name), random: Math.random});
    }

    draw(plan, second, hop, faded) {
      const {context, scale} = this;
      const {row} = this.theme;
      context.clearRect(0, 0, this.canvas.width, this.canvas.height);
      const lit = new Set((hop < 0 ? [] : plan.hops[hop].lit).map(String));
      plan.lanes.forEach((lane, index) => {
        lane.items.forEach((item, at) => {
          const x = ScreenPlan.place(plan, lane, item, second);
          if (x > this.width || x + item.width < 0) return;
          const isLit = lit.has(`${index},${at}`);
          context.globalAlpha = isLit ? 1 : 0.62 * faded;
          if (context.globalAlpha > 0) context.drawImage(this.picture(item.name, isLit), x * scale, (lane.y - row / 2) * scale);
        });
      });
      context.globalAlpha = 1;
    }

    /** Calls `step(seconds since the start)` each frame until it answers false. Resolves true then, false on stop(). */
    loop(step) {
      const run = (this.run += 1);
      let start = null;
      let before = null;
      this.frames = {count: 0, slowest: 0, seconds: 0};
      return new Promise((resolve) => {
        const frame = (now) => {
          if (run !== this.run) return resolve(false);
          start = start ?? now;
          if (before !== null) this.frames.slowest = Math.max(this.frames.slowest, now - before);
          before = now;
          this.frames.count += 1;
          this.frames.seconds = (now - start) / 1000;
          if (step(this.frames.seconds) === false) return resolve(true);
          requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
      });
    }

    drift(names) {
      this.again = () => this.drift(names);
      if (!this.width || !names.length) return this.clear();
      const plan = this.plan({names, winners: [], seconds: DRIFT, even: true});
      return this.loop((second) => {
        this.draw(plan, second, -1, 1);
        return second < DRIFT;
      }).then((whole) => whole && this.drift(names));
    }

    async play({names, winners, seconds, onHop = () => {}}) {
      this.again = null;
      const plan = this.plan({names, winners, seconds});
      let last = -1;
      return this.loop((second) => {
        const hop = ScreenPlan.hopAt(plan, second);
        if (hop !== last) onHop(last = hop, plan.hops.length);
        const rest = second - seconds;
        this.draw(plan, second, hop, rest <= 0 ? 1 : Math.max(0, 1 - rest / FADE));
        return rest < FADE;
      });
    }

    confetti() {
      this.again = null;
      this.theme = this.look();
      const {context, scale, width, height} = this;
      const style = getComputedStyle(this.canvas);
      const colours = ["--accent", "--option-b", "--option-c", "--option-e", "--good"].map((name) => style.getPropertyValue(name).trim());
      const bits = Array.from({length: 160}, (_, index) => ({
        x: width * (0.1 + 0.8 * Math.random()), y: -height * 0.4 * Math.random(), down: height * (0.25 + 0.3 * Math.random()),
        across: width * 0.05 * (Math.random() - 0.5), turn: Math.random() * 6, size: this.theme.size * (0.2 + 0.25 * Math.random()),
        colour: colours[index % colours.length],
      }));
      return this.loop((second) => {
        context.clearRect(0, 0, this.canvas.width, this.canvas.height);
        for (const bit of bits) {
          context.save();
          context.translate((bit.x + bit.across * second) * scale, (bit.y + bit.down * second) * scale);
          context.rotate(bit.turn * second);
          context.globalAlpha = Math.max(0, Math.min(1, 4.5 - second));
          context.fillStyle = bit.colour;
          context.fillRect(0, 0, bit.size * scale, bit.size * scale * 0.6);
          context.restore();
        }
        return second < 4.5;
      }).then((whole) => whole && this.clear());
    }

    clear() {
      if (this.context) this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    }

    stop() {
      this.run += 1;
      this.again = null;
      this.clear();
    }
  }

  window.ScreenField = ScreenField;
})();
