/* The page /draws/{id}/verify: asks verify-worker.js to recompute the record and shows what it found, in plain words.
 * Text of a record reaches the page as textContent only. */
"use strict";

(function () {
  const root = document.getElementById("check");
  const byId = (id) => document.getElementById(id);
  const peopleNames = JSON.parse(byId("names").textContent);
  const MOST_SHOWN = 50;
  const ROWS_A_FRAME = 200;

  const TITLES = {
    shape: gettext("The record is complete"),
    label: gettext("It is the record of this one draw"),
    entries: gettext("The list of people is the one that was sealed"),
    rules: gettext("The prizes and rules are the ones that were sealed"),
    fingerprint: gettext("The fingerprint fits everything that was sealed"),
    phone: gettext("It is the fingerprint that this device kept"),
    entry: gettext("You are in the list"),
    seed: gettext("The secret number is the one that was sealed"),
    entropy: gettext("The public value"),
    withdrawn: gettext("People who could not win any more"),
    winners: gettext("The winners are the ones that follow"),
    strength: gettext("How strong this proof is"),
  };
  const MARKS = {OK: "✓", WRONG: "✕", SKIPPED: "–", OPEN: "…"};
  const STATES = {OK: gettext("Right"), WRONG: gettext("Wrong"), SKIPPED: gettext("Not checked")};
  const PARTS = {
    shape: gettext("the form of the record"), label: gettext("the draw it belongs to"), committedAt: gettext("the time of the commit"),
    entries: gettext("the list of people"), tree: gettext("the list of people"), entriesRoot: gettext("the check sum of the list of people"),
    entryCount: gettext("the number of people"), totalWeight: gettext("the sum of the weights"), rules: gettext("the prizes and rules"),
    mode: gettext("who was announced to choose"), rulesHash: gettext("the check sum of the rules"), entry: gettext("your entry"), fingerprint: gettext("the fingerprint"), commitment: gettext("the seal of the secret number"),
    entropyPlan: gettext("the plan for the public value"), phone: gettext("the fingerprint that this device kept"), seed: gettext("the secret number"),
    entropy: gettext("the public value"), withdrawn: gettext("who could not win any more"), winners: gettext("the winners"),
    strength: gettext("the claimed strength"),
  };

  const REASONS = {
    left: gettext("left the event"), removed: gettext("was removed"), won: gettext("won something else"), unknown: gettext("is not known any more"),
  };
  const UNREADABLE = gettext("This is no record of a draw and no receipt: the file may be damaged, cut short, or of another kind. Download it again.");

  // --- The worker ---------------------------------------------------------------------------------------------------

  const worker = new Worker(root.dataset.worker);
  const waiting = new Map();
  let lastId = 0;

  worker.onmessage = ({data: {id, error, ...answer}}) => {
    const {resolve, reject} = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(answer);
    else reject(new Error(error));
  };
  worker.onerror = () => showVerdict("WRONG", gettext("This browser could not do the check"), gettext("The checking program did not start."));

  function ask(task, values = {}) {
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      waiting.set(id, {resolve, reject});
      worker.postMessage({id, task, ...values});
    });
  }

  // --- Building blocks ----------------------------------------------------------------------------------------------

  function make(tag, text = "", className = "") {
    const element = document.createElement(tag);
    if (text !== "") element.textContent = text;
    if (className) element.className = className;
    return element;
  }

  function mark(state) {
    const element = make("span", MARKS[state], `mark ${state}`);
    element.setAttribute("aria-hidden", "true");
    return element;
  }

  function person(id) {
    const cell = make("span");
    if (Object.hasOwn(peopleNames, id)) {
      cell.append(make("strong", peopleNames[id]), document.createElement("br"));
    }
    cell.append(make("span", id, "id mono"));
    return cell;
  }

  const entries = (n) => ngettext("%(n)s entry", "%(n)s entries", n);
  const prizeName = (facts, id) => (Object.hasOwn(facts.prizeNames, id) ? facts.prizeNames[id] : id);

  function table(caption, heads, rows) {
    const element = make("table");
    element.append(make("caption", caption, "small soft"));
    const head = element.createTHead().insertRow();
    for (const text of heads) {
      const cell = make("th", text);
      cell.scope = "col";
      head.append(cell);
    }
    const body = element.createTBody();
    const add = (some) => {
      for (const cells of some) {
        const row = body.insertRow();
        for (const cell of cells) row.insertCell().append(cell);
      }
    };
    add(rows.slice(0, MOST_SHOWN));
    const box = make("div");
    box.append(element);
    if (rows.length > MOST_SHOWN) {
      const more = make("button", Page.fill(gettext("Show all %(n)s"), {n: Page.number(rows.length)}), "quiet");
      more.type = "button";
      more.addEventListener("click", () => {
        more.remove();
        addInParts(add, rows, MOST_SHOWN);
      });
      box.append(more);
    }
    return box;
  }

  /** The rest of the rows, a part for each frame, so that the page stays usable however many there are. */
  function addInParts(add, rows, from) {
    add(rows.slice(from, from + ROWS_A_FRAME));
    if (from + ROWS_A_FRAME < rows.length) requestAnimationFrame(() => addInParts(add, rows, from + ROWS_A_FRAME));
  }

  function fill(id, ...children) {
    byId(id).replaceChildren(...children);
  }

  // --- What was found -----------------------------------------------------------------------------------------------

  function showVerdict(state, title, text) {
    const box = byId("verdict");
    box.hidden = false;
    box.className = `card verdict ${state}`;
    const words = make("div");
    words.append(make("h2", title), make("p", text));
    box.replaceChildren(mark(state), words);
  }

  function verdictOf(report, facts) {
    if (!report.ok) {
      const parts = [...new Set(report.faults.map((fault) => PARTS[fault.part] || fault.part))];
      const title = report.kind === "receipt" ? gettext("This receipt is wrong") : gettext("This record is wrong");
      const text = gettext("Do not trust it. Wrong: %(parts)s. The steps below say why.");
      return ["WRONG", title, Page.fill(text, {parts: parts.join(", ")})];
    }
    if (facts.status === "CANCELLED") {
      return ["OPEN", facts.rehearsal ? gettext("This rehearsal was cancelled") : gettext("This draw was cancelled"),
        gettext("It awarded nothing. What was sealed is right, and the secret number is open for everybody to see.")];
    }
    if (facts.status !== "COMPLETED") {
      return ["OPEN", gettext("Sealed, and not yet drawn"),
        gettext("What was sealed is right. Write the fingerprint down, and come back after the draw.")];
    }
    if (facts.strength === "delegated") {
      return ["OPEN", gettext("The seal is right, but an app chose"),
        gettext("What was announced was not changed. Who wins was decided by an application, so chance cannot be proved.")];
    }
    if (report.withdrawn.length && JSON.stringify(report.winners) !== JSON.stringify(report.withoutWithdrawn)) {
      const people = ngettext("%(n)s person", "%(n)s people", report.withdrawn.length);
      return ["OPEN", gettext("The sums are right, but look at who could not win"),
        Page.fill(gettext("The winners follow from what was sealed, less %(people)s who left, were removed, or won otherwise before the draw. With them the result would be another. Below: who, when, why, and who would have won."), {people})];
    }
    if (report.kind === "receipt") {
      return ["OK", gettext("The receipt is right"), gettext("The winners follow from what was sealed before the draw. Whether everybody in the list exists, and once only, is seen in the whole record.")];
    }
    return ["OK", gettext("Everything is right"), facts.rehearsal
      ? gettext("This was a rehearsal: it awards nothing. The result follows from what was sealed.")
      : gettext("The winners follow from what was sealed before the draw. Nobody changed anything.")];
  }

  /** What the checking program found, in its own words: they are English, and marked so for screen readers. */
  function finding(text) {
    const element = make("p", text, "found");
    element.lang = "en";
    return element;
  }

  function showSteps(report) {
    fill("steps", ...report.steps.map((step) => {
      const item = make("li", "", step.state);
      const words = make("div");
      words.append(
        make("span", STATES[step.state], "state"),
        make("h3", TITLES[step.name] || step.name),
        finding(step.message),
      );
      item.append(mark(step.state), words);
      return item;
    }));
    byId("steps-card").hidden = false;
  }

  function showFingerprint(facts) {
    const groups = facts.fingerprint ? facts.fingerprint.match(/.{4}/g) : [];
    fill("fingerprint", ...groups.slice(0, 4).map((group) => make("li", group)));
    byId("whole-fingerprint").textContent = groups.join(" ");
    byId("fingerprint-card").hidden = !groups.length;
    byId("phone-answer").textContent = "";
  }

  function winsByPrize(wins, facts) {
    const lists = new Map();
    for (const win of wins) {
      if (!lists.has(win.prizeId)) lists.set(win.prizeId, []);
      lists.get(win.prizeId).push([make("span", String(win.rank)), person(win.participantId)]);
    }
    return [...lists].map(([id, rows]) => table(prizeName(facts, id), [gettext("Place"), gettext("Who")], rows));
  }

  function showWinners(report, facts) {
    const wins = report.winners || facts.recorded;
    byId("winners").hidden = !wins;
    if (!wins) return;
    byId("winners-title").textContent = facts.status === "CANCELLED" ? gettext("Who would have won") : gettext("Who wins");
    byId("winners-note").textContent = report.winners
      ? Page.fill(gettext("%(winners)s among %(entries)s, worked out by this device. Names come from the platform and are not part of the proof."), {
        winners: ngettext("%(n)s winner", "%(n)s winners", wins.length), entries: entries(facts.entryCount),
      })
      : gettext("As the record says. An app chose them; this device could not work them out.");
    fill("winners-lists", ...winsByPrize(wins, facts));
  }

  function showWithdrawn(report, facts) {
    byId("withdrawn").hidden = !report.withdrawn.length;
    if (!report.withdrawn.length) return;
    const rows = report.withdrawn.map((one) => {
      const by = make("span", one.by === null ? "–" : "", "");
      if (one.by !== null) by.append(make("span", one.by, "id mono"));
      return [person(one.participantId), make("span", `${Page.time(one.at)}: ${REASONS[one.reason] || one.reason}`), by];
    });
    const parts = [table(gettext("Withdrawn"), [gettext("Who"), gettext("When and why"), gettext("By")], rows)];
    if (report.withoutWithdrawn) {
      parts.push(make("h3", gettext("Had nobody been withdrawn, these would have won")));
      parts.push(...winsByPrize(report.withoutWithdrawn, facts));
    }
    fill("withdrawn-list", ...parts);
  }

  function showCautions(report) {
    const notProven = report.notProven.length ? [Page.fill(gettext("Nothing proves: %(what)s."), {what: report.notProven.join("; ")})] : [];
    const lines = [...report.cautions, ...notProven];
    fill("cautions-list", ...lines.map((text) => make("li", text)));
    byId("cautions").hidden = !lines.length;
  }

  let facts = null;

  async function check(text) {
    showVerdict("OPEN", gettext("Checking on this device …"), "");
    byId("found").replaceChildren();
    let answer;
    try {
      answer = await ask("check", {text, shown: keptFor(root.dataset.draw)});
    } catch {
      for (const id of ["fingerprint-card", "mine", "winners", "steps-card", "withdrawn", "cautions"]) {
        byId(id).hidden = true;
      }
      showVerdict("WRONG", gettext("This file cannot be read"), UNREADABLE);
      return;
    }
    facts = answer.facts;
    showVerdict(...verdictOf(answer.report, facts));
    showFingerprint(facts);
    showWinners(answer.report, facts);
    showSteps(answer.report);
    showWithdrawn(answer.report, facts);
    showCautions(answer.report);
    byId("mine").hidden = !facts.entryCount;
    const asked = new URLSearchParams(location.hash.slice(1));
    const wanted = asked.get("entry") || root.dataset.me;
    if (wanted) find(wanted);
    if (asked.get("fingerprint")) compare(asked.get("fingerprint"), true);
  }

  // --- One's own entry ----------------------------------------------------------------------------------------------

  async function find(participantId) {
    byId("found").replaceChildren(make("p", gettext("Looking …"), "found-entry"));
    const {entry} = await ask("find", {participantId});
    const box = make("div", "", "found-entry");
    if (!entry) {
      const missing = facts.kind === "receipt"
        ? gettext("This receipt does not show such an entry. The whole record does, where there is one.")
        : gettext("The sealed list of entries has no such id, and no such name stands on this page.");
      box.append(make("strong", facts.kind === "receipt" ? gettext("Not in this receipt.") : gettext("Not in this draw.")), make("p", missing));
    } else {
      const share = (100 * entry.weight / entry.totalWeight).toLocaleString(undefined, {maximumSignificantDigits: 3});
      const own = participantId === root.dataset.me;
      box.append(make("strong", own ? gettext("You are in the sealed list.") : gettext("This person is in the sealed list.")));
      const list = make("ul");
      list.append(make("li", Page.fill(gettext("Number %(n)s in the list of %(entries)s."), {
        n: Page.number(entry.position), entries: entries(facts.entryCount),
      })));
      list.append(make("li", Page.fill(gettext("Weight %(weight)s of %(total)s (%(share)s %)."), {
        weight: Page.number(entry.weight), total: Page.number(entry.totalWeight), share,
      })));
      if (entry.withdrawn) list.append(make("li", gettext("Withdrawn before the draw was run: could not win.")));
      for (const {prizeId, place} of entry.places || []) {
        list.append(make("li", Page.fill(gettext("%(prize)s: number %(n)s in the drawn order."), {
          prize: prizeName(facts, prizeId), n: Page.number(place),
        })));
      }
      for (const win of entry.wins || []) {
        const item = make("li");
        const word = facts.status === "CANCELLED"
          ? gettext("Would have won %(prize)s, place %(place)s.") : gettext("Won %(prize)s, place %(place)s.");
        item.append(make("strong", Page.fill(word, {prize: prizeName(facts, win.prizeId), place: win.rank})));
        list.append(item);
      }
      if (entry.wins && !entry.wins.length) list.append(make("li", gettext("Did not win in this draw.")));
      box.append(list);
    }
    byId("found").replaceChildren(box);
  }

  /** The id that belongs to what somebody typed: an id, one's own name, or a name that stands on this page. */
  function idOf(typed) {
    const plain = (text) => text.normalize("NFC").trim().toLocaleLowerCase();
    if (root.dataset.me && plain(root.dataset.myName) === plain(typed)) return root.dataset.me;
    const named = Object.keys(peopleNames).filter((id) => plain(peopleNames[id]) === plain(typed));
    return named.length === 1 ? named[0] : typed;
  }

  /** The fingerprint that this device kept when the draw was announced: all 64 digits, or null. */
  const keptFor = (drawId) => (drawId ? self.DrawCheck.kept(drawId) : null);

  byId("find-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = byId("entry").value.trim();
    if (typed) find(idOf(typed));
  });
  const itsMe = byId("this-is-me");
  if (itsMe) itsMe.addEventListener("click", () => find(root.dataset.me));

  /** What somebody typed, or what the code on the big screen carried. */
  async function compare(shown, isFromScreen = false) {
    const answer = byId("phone-answer");
    const {step, caution} = await ask("phone", {shown});
    byId("phone").value = shown;
    answer.textContent = `${MARKS[step.state]} ${step.message}${caution ? ` ${caution}` : ""}`;
    answer.className = `small ${step.state}`;
    if (isFromScreen && step.state !== "OK") {
      showVerdict("WRONG", gettext("This is not the draw of the big screen"), step.message);
    }
  }

  byId("phone-form").addEventListener("submit", (event) => {
    event.preventDefault();
    compare(byId("phone").value);
  });

  byId("file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (file) await check(await file.text());
  });

  // --- Start --------------------------------------------------------------------------------------------------------

  (async () => {
    await ask("load", {script: new URL(root.dataset.fairDraw, location.href).href});
    if (!root.dataset.record) return;
    try {
      const answer = await fetch(root.dataset.record, {headers: {Accept: "application/json"}});
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      await check(await answer.text());
    } catch {
      showVerdict("OPEN", gettext("The record could not be loaded"), gettext("Load this page again when you have a connection."));
    }
  })();
})();
