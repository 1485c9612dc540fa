/* Draws and one's own wins on the page of a room: in #draw the newest draw with its fingerprint and what this phone found
 * when it checked it, in #win a win that has not been looked at. Nothing of a result is told while it is held (live.isHeld). */
"use strict";

RoomPage.ready((live, {draw: place, win: stage}) => {
  const {make, fill} = Page;
  const checks = new Map(); // id of a draw → {status, result}
  const seen = new Set(); // for this page at least: some browsers keep nothing

  function isSeen({id}) {
    try {
      return seen.has(id) || localStorage.getItem(`win seen ${id}`) !== null;
    } catch {
      return seen.has(id);
    }
  }

  function see({id}) {
    seen.add(id);
    try {
      localStorage.setItem(`win seen ${id}`, "1");
    } catch {
      // It is told again at the next opening.
    }
  }
  let forgetTimer = () => {};

  // --- The draw -----------------------------------------------------------------------------------------------------------

  const isSecret = (draw) => draw.status === "COMPLETED" && live.isHeld({revealAt: draw.revealAt, drawId: draw.id});

  const isUnread = ({id}) => Boolean(checks.get(id)) && checks.get(id).status === "";

  function words(draw) {
    const number = draw.drawSeq ?? draw.seq;
    if (draw.status === "CANCELLED") return fill(gettext("Draw %(number)s was called off."), {number});
    if (draw.status === "RUNNING" || isSecret(draw)) return fill(gettext("Draw %(number)s: look at the big screen."), {number});
    if (draw.status === "COMPLETED") return fill(gettext("Draw %(number)s is over."), {number});
    return fill(gettext("Draw %(number)s is sealed."), {number});
  }

  // What checks a draw is a third of the page's weight: it comes with the first draw.
  let program = null;
  function loadProgram() {
    const load = (src) => new Promise((loaded, failed) => {
      document.head.append(make("script", {src, onload: loaded, onerror: () => failed(new Error(`${src} did not load`))}));
    });
    program = program || place.dataset.needs.split(" ").reduce((before, src) => before.then(() => load(src)), Promise.resolve());
    return program;
  }

  async function check(draw) {
    const wanted = draw.status === "COMPLETED" ? "COMPLETED" : "COMMITTED";
    const known = checks.get(draw.id);
    if (known && known.status === wanted) return;
    checks.set(draw.id, {status: wanted, result: null});
    try {
      await loadProgram();
    } catch {
      program = null; // the next change of a draw tries again
      checks.set(draw.id, {status: "", result: {state: "unread"}});
      return show();
    }
    const result = await DrawCheck.check({
      drawId: draw.id,
      receiptUrl: `/draws/${draw.id}/receipt.json`,
      fingerprint: draw.fingerprint,
    });
    if (checks.get(draw.id).status === wanted) checks.set(draw.id, {status: wanted, result});
    show();
  }

  function verdict(draw) {
    const {result} = checks.get(draw.id) || {};
    if (!result) return make("p", {class: "soft", text: gettext("This phone is checking it…")});
    if (result.state === "unread") return make("p", {class: "soft", text: gettext("This phone could not read it to check it.")});
    const right = result.state === "right";
    const summary = make("summary", {text: right ? gettext("Checked on this phone: right.") : gettext("Checked on this phone: wrong!")});
    const facts = [fill(gettext("%(n)s entries are sealed."), {n: Page.number(draw.entryCount)})];
    if (result.entry) facts.push(gettext("Yours is among them."));
    facts.push(...result.faults.map(({message}) => message));
    const link = make("a", {href: `/draws/${draw.id}/verify#fingerprint=${draw.fingerprint}`, text: gettext("Check everything")});
    return make("details", {class: right ? "checked" : "checked fault"}, summary, ...facts.map((text) => make("p", {text})), make("p", {}, link));
  }

  function show() {
    const draw = live.state.draws.find(({rehearsal}) => !rehearsal);
    place.hidden = !draw;
    forgetTimer();
    if (!draw) return;
    if (isSecret(draw)) forgetTimer = live.at(draw.revealAt, show);
    else if (!isUnread(draw)) check(draw);
    const print = draw.fingerprint.slice(0, 16).match(/.{4}/g).join(" ");
    const open = place.querySelector("details[open]") !== null;
    const card = make("section", {class: "card center"}, make("h2", {text: words(draw)}),
      make("p", {class: "soft", text: draw.prizes.map(({name, count}) => (count > 1 ? `${name} × ${Page.number(count)}` : name)).join(" · ")}),
      make("p", {class: "print"}, make("span", {class: "soft", text: gettext("Fingerprint")}), " ", make("code", {text: print})),
      ...(draw.status === "CANCELLED" || isSecret(draw) ? [] : [verdict(draw)]));
    place.replaceChildren(card);
    const details = place.querySelector("details");
    if (details && open) details.open = true;
  }

  // --- The win ------------------------------------------------------------------------------------------------------------

  function unseen() {
    const {me, winners} = live.state;
    return me && winners.find((each) => each.participantId === me.id && each.state === "AWARDED" && !live.isHeld(each) && !isSeen(each));
  }

  let told = "";
  let asked = "";
  function celebrate() {
    const won = unseen();
    if (!won) {
      stage.hidden = true;
      told = "";
      return;
    }
    // Events carry nobody's claim code: the page asks for its own.
    if (!won.claimCode && asked !== won.id) {
      asked = won.id;
      setTimeout(() => { asked = ""; }, 5000); // it may not have been answered
      live.refresh();
    }
    const key = `${won.id} ${won.claimCode}`;
    if (told === key) return;
    if (!told.startsWith(won.id) && navigator.vibrate) navigator.vibrate([200, 100, 200]);
    told = key;
    const keep = make("button", {class: "wide", type: "button", text: gettext("Good!")});
    keep.addEventListener("click", () => {
      see(won);
      celebrate();
    });
    const code = won.claimCode ? [
      make("img", {class: "qr", src: `/qr.svg?to=${encodeURIComponent(`/claim/${won.claimCode}`)}`, alt: gettext("Code for the desk"), width: 200, height: 200}),
      make("p", {class: "claim-code", text: won.claimCode}),
      make("p", {text: gettext("Show this code at the desk.")}),
    ] : [];
    stage.replaceChildren(make("div", {class: "won", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "won-title"},
      make("h2", {id: "won-title", text: fill(gettext("You won: %(prize)s!"), {prize: won.prize.name})}), ...code, keep));
    stage.hidden = false;
    keep.focus();
  }

  let cancelWait = () => {};
  function look() {
    show();
    celebrate();
    cancelWait();
    const times = live.state.winners.filter((each) => live.isHeld(each)).map(({revealAt}) => revealAt).sort();
    cancelWait = times.length ? live.at(times[0], look) : () => {};
  }

  live.on("change", (state, frame) => {
    if (!frame || /^(draw|winner|room:subscribed)/.test(frame.event)) {
      for (const [id, {status}] of checks) if (status === "") checks.delete(id);
      look();
    }
  });
  look();
});
