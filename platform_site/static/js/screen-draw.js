/* A draw on the big screen, as the global `ScreenDraw`. Presentation only: who has won is known before it begins.
 *
 *   const view = new ScreenDraw(root, {drawOf, revealed, now});
 *
 *   drawOf(id)     a promise of {pool: [names of those who may still win], winners: [{id, name, prize}], pieces}
 *   revealed(id)   is called when the result stands on the screen
 *   now()          the server's clock in milliseconds
 *
 *   view.show(draw, {live})   the draw as RoomState has it; `live`: its result has come just now, so it is played.
 *                             Without, as after a reload, the result stands there at once
 *   view.skip()               the end of what is being played, at once: the same picture as if it had been waited for
 *   view.stop() */
"use strict";

(function () {
  const {make} = Page;
  const {fit, Wall, calm, pause} = ScreenParts;
  const LONGEST = 7.5;  // seconds of moving names
  const SHORTEST = 1.5;
  const AFTER_STOP = 1.6; // seconds: the others go out, the silence, and time to spare before the phones tell
  const SILENCE = 0.5;
  const HOLD = 1.8;     // seconds that a name stands alone when another one follows
  const ONE_BY_ONE = 4;
  const WITHOUT_A_TIME = 9; // seconds that a draw takes where nothing says when phones tell its result

  class ScreenDraw {
    constructor(root, {drawOf, revealed, now}) {
      Object.assign(this, {root, drawOf, revealed, now, turn: 0, shown: ""});
      const part = (name) => root.querySelector(`[data-part=${name}]`);
      this.parts = {title: part("title"), word: part("word"), canvas: part("field"), name: part("name"), status: part("status")};
      this.wall = new Wall(part("wall"), ({name, prize}) => make("li", {},
        make("span", {class: "name", text: name}), ...(this.hasSeveralPrizes ? [make("span", {class: "soft", text: prize})] : [])), () => this.hasSeveralPrizes);
      this.field = new ScreenField(this.parts.canvas);
    }

    async show(draw, {live = false} = {}) {
      const key = `${draw.id} ${draw.status}`;
      if (key === this.shown) return;
      this.shown = key;
      Object.assign(this, {draw, known: null, skipAsked: false});
      const turn = (this.turn += 1);
      this.hasSeveralPrizes = draw.prizes.length > 1;
      this.title(draw);
      if (draw.status === "CANCELLED") return this.tell(gettext("This draw was called off."));
      if (draw.status !== "COMPLETED") this.stage("moving");
      let known;
      try {
        known = await this.drawOf(draw.id);
      } catch {
        // The names could not be read: the words stand, and the next change of the draw tries again.
        if (turn === this.turn) this.shown = "";
        return;
      }
      if (turn !== this.turn) return;
      this.known = known;
      if (draw.status !== "COMPLETED") this.announce();
      else if (live && !this.skipAsked) await this.play(turn);
      else this.settle();
    }

    title({prizes, drawSeq, seq, entryCount, entropy, status}) {
      const names = prizes.map(({name, count}) => (count > 1 ? `${name} × ${Page.number(count)}` : name));
      this.parts.title.textContent = names.join(" · ");
      fit(this.parts.title, 10);
      const number = drawSeq ?? seq;
      const entries = ngettext("%(n)s entry", "%(n)s entries", entryCount);
      this.parts.word.textContent = status === "COMMITTED" ? Page.fill(gettext("Draw %(number)s is sealed · %(entries)s"), {number, entries})
        : entropy ? Page.fill(gettext("The word: %(word)s"), {word: entropy}) : "";
    }

    announce() {
      if (calm()) this.field.stop();
      else this.field.drift(this.known.pool);
    }

    // --- The result -----------------------------------------------------------------------------------------------------

    /** Seconds of moving names for each of so many results, so that all of it is over before the phones tell it. */
    time(results) {
      const {revealAt} = this.draw;
      const left = revealAt ? (Date.parse(revealAt) - this.now()) / 1000 : WITHOUT_A_TIME;
      return Math.min(LONGEST, left / results - AFTER_STOP - (results > 1 ? HOLD : 0));
    }

    results() {
      const {winners} = this.known;
      const singly = winners.length <= ONE_BY_ONE && this.time(winners.length) >= SHORTEST;
      return singly ? winners.map((each) => [each]) : [winners];
    }

    async play(turn) {
      const results = this.known.winners.length ? this.results() : [];
      const seconds = results.length ? this.time(results.length) : 0;
      if (seconds < SHORTEST) return this.settle();
      const gone = new Set();
      for (const [index, result] of results.entries()) {
        this.stage("moving");
        if (!(await this.move(result, seconds, gone)) || turn !== this.turn) return;
        this.stage("silent");
        await pause(SILENCE);
        if (turn !== this.turn) return;
        result.forEach(({name}) => gone.add(name));
        if (index === results.length - 1) break;
        this.name(result[0]);
        ScreenSound.won();
        await pause(HOLD);
        if (turn !== this.turn) return;
      }
      this.settle();
      ScreenSound.won();
      if (!calm()) this.field.confetti();
    }

    async move(result, seconds, gone) {
      if (calm()) {
        this.parts.status.textContent = gettext("Drawing…");
        await pause(seconds);
        this.parts.status.textContent = "";
        return true;
      }
      const names = this.known.pool.filter((name) => !gone.has(name));
      return this.field.play({names, winners: result.map(({name}) => name), seconds, onHop: () => ScreenSound.tick()});
    }

    name({name}) {
      this.stage("name");
      this.parts.name.textContent = name;
      fit(this.parts.name, 16);
    }

    settle() {
      this.turn += 1;
      this.field.stop();
      const {winners} = this.known;
      if (!winners.length) this.tell(gettext("Nobody could win this draw."));
      else if (winners.length === 1) this.name(winners[0]);
      else {
        this.stage("wall");
        this.wall.show(winners);
      }
      this.revealed(this.draw.id);
    }

    tell(words) {
      this.field.stop();
      this.stage("words");
      this.parts.status.textContent = words;
    }

    stage(name) {
      this.root.dataset.stage = name;
      if (name !== "words") this.parts.status.textContent = "";
      if (name !== "wall") this.wall.stop();
    }

    isPlaying() {
      if (!this.draw || this.draw.status !== "COMPLETED" || !this.known) return false;
      const {stage} = this.root.dataset;
      return stage === "moving" || stage === "silent" || (stage === "name" && this.known.winners.length > 1);
    }

    skip() {
      this.skipAsked = true; // also while the names are still on their way
      if (this.isPlaying()) this.settle();
    }

    stop() {
      this.turn += 1;
      this.shown = "";
      this.wall.stop();
      this.field.stop();
    }
  }

  window.ScreenDraw = ScreenDraw;
})();
