/*
 * DrawCheck: a participant's page checks every draw by itself, at the commit and at the result. Needs fair-draw.js
 * before it; touches no element of the page.
 *
 *   const result = await DrawCheck.check({
 *     drawId,                    the draw
 *     receiptUrl,                where the receipt of this person is: /draws/{id}/receipt.json, or the API's …/receipt
 *     participantId: null,       one's own id, where the page knows it: then the entry has to be in the receipt
 *     fingerprint: null,         what draw:committed told; kept on this device where nothing was kept before
 *     receipt: null,             what draw:completed carried: then nothing is fetched
 *     headers: {},               for the request, such as Authorization
 *   });
 *
 * Call it on draw:committed (without `receipt`) and on draw:completed (with it, where it came). The result:
 *
 *   state        "right" | "wrong" | "unread" (the receipt could not be fetched: nothing is said about the draw)
 *   status       COMMITTED, RUNNING, COMPLETED or CANCELLED, as the receipt says; null where it is unread
 *   kept         "new" (this device kept the fingerprint just now), "same", or "other": then state is "wrong"
 *   fingerprint  all 64 digits, for the page to show the first 16; null where there is none
 *   entry        FairDraw.findEntry: {weight, totalWeight, position, wins …}, null for whoever is not in the draw
 *   entryCount   how many are in
 *   faults       [{part, message}], and `report`, the whole report of FairDraw.checkRecord (null where it is unread)
 *
 * Then, when there is time:
 *
 *   const result = await DrawCheck.audit({drawId, recordUrl, workerUrl, scriptUrl, entryCount, headers: {}});
 *
 * waits until the page has nothing to do, and checks the whole record in a worker: null above 5,000 entries, else
 * {state, faults, entryCount}. `workerUrl` is verify-worker.js, `scriptUrl` fair-draw.js.
 *
 *   DrawCheck.kept(drawId)               the fingerprint that this device keeps, or null
 *   DrawCheck.keep(drawId, fingerprint)  "new", "same" or "other"; never written over
 *
 * All 64 digits are kept and compared, in localStorage under "fair-draw", for the last 50 draws. Where a browser
 * forbids that, they are kept as long as the page is open.
 */
(function (global) {
  "use strict";

  const KEY = "fair-draw";
  const MOST_KEPT = 50;
  const MOST_AUDITED = 5000;
  let here = {}; // what is kept where localStorage is forbidden or full

  function readAll() {
    try {
      const stored = JSON.parse(global.localStorage.getItem(KEY) || "{}");
      return typeof stored === "object" && stored !== null && !Array.isArray(stored) ? {...here, ...stored} : {...here};
    } catch {
      return {...here};
    }
  }

  function write(drawId, entry) {
    const all = readAll();
    delete all[drawId]; // the newest stands last
    all[drawId] = entry;
    const last = Object.entries(all).slice(-MOST_KEPT);
    here = Object.fromEntries(last);
    try {
      global.localStorage.setItem(KEY, JSON.stringify(here));
    } catch {
      // private browsing, or no room: `here` has it until the page closes
    }
  }

  function entryOf(drawId) {
    const all = readAll();
    const found = Object.prototype.hasOwnProperty.call(all, drawId) ? all[drawId] : null;
    return found && typeof found.fingerprint === "string" ? found : null;
  }

  function kept(drawId) {
    const entry = entryOf(drawId);
    return entry && entry.fingerprint;
  }

  function keep(drawId, fingerprint) {
    const before = kept(drawId);
    if (before !== null) return before === fingerprint ? "same" : "other";
    write(drawId, {fingerprint, entered: false});
    return "new";
  }

  async function fetchProof(url, headers) {
    const answer = await fetch(url, {headers: {Accept: "application/json", ...headers}, credentials: "same-origin"});
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return answer.text();
  }

  const UNREAD = {
    state: "unread", status: null, kept: null, fingerprint: null, entry: null, entryCount: 0, faults: [], report: null,
  };

  async function check({drawId, receiptUrl, participantId = null, fingerprint = null, receipt = null, headers = {}}) {
    if (fingerprint !== null) keep(drawId, fingerprint);
    let read = receipt;
    if (read === null) {
      try {
        read = global.FairDraw.readRecord(await fetchProof(receiptUrl, headers));
      } catch {
        return {...UNREAD, fingerprint: kept(drawId)};
      }
    }
    // The winners' receipt that an event carries does not show one's own entry, which was proven at the commit.
    const before = entryOf(drawId);
    const demanded = receipt === null && before !== null && before.entered ? participantId : null;
    const report = global.FairDraw.checkRecord(read, {shown: kept(drawId), entry: demanded});
    const faults = [...report.faults];
    if (read === null || typeof read !== "object" || read.drawId !== drawId) {
      faults.push({part: "label", message: "This is the receipt of another draw."});
    }
    const entry = participantId === null ? null : global.FairDraw.findEntry(report, participantId);
    let state = "same";
    if (faults.some((fault) => fault.part === "phone")) state = "other";
    else if (!faults.length) state = keep(drawId, report.fingerprint);
    if (!faults.length && entry !== null) write(drawId, {fingerprint: report.fingerprint, entered: true});
    return {
      state: faults.length ? "wrong" : "right",
      status: typeof read.status === "string" ? read.status : null,
      kept: state,
      fingerprint: kept(drawId),
      entry,
      entryCount: report.entryCount,
      faults,
      report,
    };
  }

  const idle = () => new Promise((done) => {
    if (global.requestIdleCallback) global.requestIdleCallback(() => done(), {timeout: 60000});
    else setTimeout(done, 2000);
  });

  function askWorker(worker, message) {
    return new Promise((resolve, reject) => {
      worker.onmessage = ({data}) => (data.error === undefined ? resolve(data) : reject(new Error(data.error)));
      worker.onerror = () => reject(new Error("the worker did not start"));
      worker.postMessage(message);
    });
  }

  async function audit({drawId, recordUrl, workerUrl, scriptUrl, entryCount, headers = {}}) {
    if (entryCount > MOST_AUDITED) return null;
    await idle();
    let worker = null;
    try {
      const text = await fetchProof(recordUrl, headers);
      worker = new Worker(workerUrl);
      await askWorker(worker, {id: 1, task: "load", script: new URL(scriptUrl, global.location.href).href});
      const {report, facts} = await askWorker(worker, {id: 2, task: "check", text, shown: kept(drawId)});
      const faults = [...report.faults];
      if (facts.drawId !== drawId || report.kind !== "record") {
        faults.push({part: "label", message: "This is not the record of this draw."});
      }
      return {state: faults.length ? "wrong" : "right", faults, entryCount: report.entryCount};
    } catch {
      return {state: "unread", faults: [], entryCount: 0};
    } finally {
      if (worker !== null) worker.terminate();
    }
  }

  global.DrawCheck = Object.freeze({MOST_AUDITED, check, audit, keep, kept});
})(self);
