/*
 * Checks a record away from the page, which stays usable while a hundred thousand entries are sorted and hashed.
 * The first message names the address of fair-draw.js; the others are {id, task, …} and are answered {id, …}.
 */
"use strict";

let record = null;
let report = null;

const tasks = {
  load({script}) {
    importScripts(script);
    return {};
  },

  check({text, shown}) {
    record = self.FairDraw.readRecord(text);
    report = self.FairDraw.checkRecord(record, {shown});
    return {report: told(report), facts: factsOf(record, report)};
  },

  phone({shown}) {
    // Without entries and tree the other steps cost nothing.
    const answer = self.FairDraw.checkRecord({...record, entries: [], tree: null, winners: null}, {shown});
    const few = answer.cautions.find((text) => text.includes("digits of the fingerprint were compared"));
    return {step: answer.steps.find((one) => one.name === "phone"), caution: few || null};
  },

  find({participantId}) {
    return {entry: self.FairDraw.findEntry(report, participantId)};
  },
};

/** The report without the entries and rules, which stay here for `find`. */
function told({entries, leaves, rules, ...rest}) {
  return rest;
}

/** What the page shows of the record itself. It may come from a file: whatever is no text is left out. */
function factsOf(record, report) {
  const whole = typeof record === "object" && record !== null ? record : {};
  const text = (value) => (typeof value === "string" ? value : "");
  const names = {};
  for (const prize of Array.isArray(whole.prizes) ? whole.prizes : []) {
    if (prize && typeof prize.prizeId === "string" && typeof prize.name === "string") {
      names[prize.prizeId] = prize.name;
    }
  }
  return {
    kind: report.kind,
    mode: text(whole.mode),
    drawId: text(whole.drawId),
    seq: Number.isInteger(whole.seq) ? whole.seq : null,
    status: text(whole.status),
    rehearsal: whole.rehearsal === true,
    fingerprint: /^[0-9a-f]{64}$/.test(whole.fingerprint) ? whole.fingerprint : "",
    strength: text(whole.strength),
    prizeNames: names,
    entryCount: report.entryCount,
    recorded: recordedWinners(whole),
  };
}

/** Where an app chose, nothing can be recomputed: the winners are those that the record names. */
function recordedWinners(whole) {
  if (whole.strength !== "delegated" || !Array.isArray(whole.winners)) return null;
  return whole.winners.filter(
    (one) => one && typeof one.prizeId === "string" && typeof one.participantId === "string"
      && Number.isInteger(one.rank),
  );
}

self.onmessage = ({data}) => {
  try {
    self.postMessage({id: data.id, ...tasks[data.task](data)});
  } catch (error) {
    self.postMessage({id: data.id, error: String(error && error.message ? error.message : error)});
  }
};
