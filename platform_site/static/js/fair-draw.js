/*
 * fair-draw-v1 in a browser: recompute a draw and check its record, step by step.
 *
 * The same steps, names and words as prizes/fair_draw.py, written a second time on purpose: two programs in two
 * languages have to agree on every byte. No build step, no other file, no crypto.subtle (which browsers withhold from
 * plain http, and a hall without internet has nothing else), no DOM: it also runs in a Worker and in node.
 *
 *   FairDraw.checkRecord(record, {shown})  every step, for a page      FairDraw.verifyRecord(record)  the faults alone
 *   FairDraw.findEntry(record, report, id) one's own entry             FairDraw.readRecord(text)      JSON to record
 */
(function (global) {
  "use strict";

  const VERSION = "fair-draw-v1";
  const MAX_WEIGHT = 1000000;
  const MAX_COUNT = 2 ** 31 - 1;
  const MAX_SEQ = Number.MAX_SAFE_INTEGER;
  const STATUSES = ["COMMITTED", "RUNNING", "COMPLETED", "CANCELLED"];
  const STRENGTHS = ["committed", "committed+entropy", "delegated"];

  // --- SHA-256 and HMAC (FIPS 180-4, RFC 2104) ----------------------------------------------------------------------

  const K = new Uint32Array([
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
  ]);
  const START = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  ];
  const schedule = new Int32Array(64);

  function compress(state, bytes, offset) {
    const w = schedule;
    for (let i = 0; i < 16; i++, offset += 4) {
      w[i] = (bytes[offset] << 24) | (bytes[offset + 1] << 16) | (bytes[offset + 2] << 8) | bytes[offset + 3];
    }
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15];
      const y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }

  /** Hash `bytes` on from `state`, into which `before` bytes (whole blocks) have already gone; a Uint8Array of 32. */
  function finish(state, bytes, before) {
    const whole = bytes.length - (bytes.length % 64);
    for (let offset = 0; offset < whole; offset += 64) compress(state, bytes, offset);
    const rest = bytes.length - whole;
    const tail = new Uint8Array(rest < 56 ? 64 : 128);
    tail.set(bytes.subarray(whole));
    tail[rest] = 0x80;
    const view = new DataView(tail.buffer);
    const bits = (before + bytes.length) * 8;
    view.setUint32(tail.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(tail.length - 4, bits % 2 ** 32);
    for (let offset = 0; offset < tail.length; offset += 64) compress(state, tail, offset);
    const digest = new Uint8Array(32);
    const out = new DataView(digest.buffer);
    for (let i = 0; i < 8; i++) out.setUint32(4 * i, state[i]);
    return digest;
  }

  function sha256(bytes) {
    return finish(Uint32Array.from(START), bytes, 0);
  }

  /** HMAC-SHA256 with one key: the two blocks that depend on the key alone are hashed once. */
  function hmacOf(key) {
    const short = key.length > 64 ? sha256(key) : key;
    const keyed = (mask) => {
      const block = new Uint8Array(64).fill(mask);
      for (let i = 0; i < short.length; i++) block[i] ^= short[i];
      const state = Uint32Array.from(START);
      compress(state, block, 0);
      return state;
    };
    const inner = keyed(0x36);
    const outer = keyed(0x5c);
    return (message) => finish(outer.slice(), finish(inner.slice(), message, 64), 64);
  }

  const encoder = new TextEncoder();
  const utf8 = (text) => encoder.encode(text);
  const hmacSha256 = (key, message) => hmacOf(key)(typeof message === "string" ? utf8(message) : message);
  const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const fromHex = (hex) => Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
  const sha256Hex = (text) => toHex(sha256(utf8(text)));

  // --- What may go in -----------------------------------------------------------------------------------------------

  const SURROGATE = /\p{Cs}/u; // with the flag u only half a pair matches: it has no UTF-8 bytes
  const PAIR = /[\ud800-\udfff]/;

  class InvalidInput extends Error {
    constructor(part, message) {
      super(message);
      this.part = part;
    }
  }

  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const NOT_IN_ID = /[:\n]/;
  const isText = (value) => typeof value === "string" && !(PAIR.test(value) && SURROGATE.test(value));
  const isId = (value) => isText(value) && value !== "" && !NOT_IN_ID.test(value);
  const isHash = (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
  const isBlank = (text) => !/[^ \t\r\n]/.test(text);
  const whole = (value, top) => (Number.isInteger(value) && value >= 1 && value <= top ? value : 0);

  /** The order of the UTF-8 bytes, which is that of the code points; UTF-16 puts U+E000 to U+FFFF after the pairs. */
  function compareIds(one, other) {
    const length = Math.min(one.length, other.length);
    for (let i = 0; i < length; i++) {
      let x = one.charCodeAt(i);
      let y = other.charCodeAt(i);
      if (x !== y) {
        if (x >= 0xd800 && y >= 0xd800) {
          x = x >= 0xe000 ? x - 0x800 : x + 0x2000;
          y = y >= 0xe000 ? y - 0x800 : y + 0x2000;
        }
        return x - y;
      }
    }
    return one.length - other.length;
  }

  /** Step 1: pairs [participantId, weight] in the order of the UTF-8 bytes of the ids. */
  function sortEntries(entries) {
    const seen = new Set();
    const checked = [];
    let pairs = false;
    for (const [id, given] of entries) {
      const number = checked.length + 1;
      if (!isId(id)) {
        throw new InvalidInput("entries", `Entry ${number} has no usable id (text without a colon or a line feed).`);
      }
      const weight = whole(given, MAX_WEIGHT);
      if (!weight) {
        throw new InvalidInput(
          "entries", `The weight of ${show(id)} is not a whole number from 1 to ${MAX_WEIGHT}.`,
        );
      }
      if (seen.has(id)) throw new InvalidInput("entries", `${show(id)} is entered twice.`);
      seen.add(id);
      pairs = pairs || PAIR.test(id);
      checked.push([id, weight]);
    }
    // without surrogate pairs the order of UTF-16 is the same, and the engine's own comparison is faster
    return checked.sort(pairs ? (x, y) => compareIds(x[0], y[0]) : (x, y) => (x[0] < y[0] ? -1 : 1));
  }

  function checkRules(prizes) {
    const seen = new Set();
    const checked = [];
    for (const [id, given] of prizes) {
      const number = checked.length + 1;
      if (!isId(id)) {
        throw new InvalidInput("rules", `Prize ${number} has no usable id (text without a colon or a line feed).`);
      }
      const count = whole(given, MAX_COUNT);
      if (!count) throw new InvalidInput("rules", `The count of prize ${show(id)} is not a whole number from 1.`);
      if (seen.has(id)) throw new InvalidInput("rules", `Prize ${show(id)} stands twice.`);
      seen.add(id);
      checked.push([id, count]);
    }
    if (!checked.length) throw new InvalidInput("rules", "There is no prize.");
    return checked;
  }

  function labelOf(drawId, rehearsal = false, replaces = null) {
    const refuse = (message) => {
      throw new InvalidInput("label", message);
    };
    if (!isId(drawId)) refuse("The draw has no usable id (text without a colon or a line feed).");
    if (/^(rehearsal-|replaces-)/.test(drawId)) {
      refuse("The draw's id begins like the label of a rehearsal or a replacement.");
    }
    if (typeof rehearsal !== "boolean") refuse("The record does not say whether this is a rehearsal.");
    if (replaces === null) return rehearsal ? `rehearsal-${drawId}` : drawId;
    if (!isId(replaces)) refuse("The win that is replaced has no usable id (text without a colon or a line feed).");
    if (rehearsal) refuse("A draw cannot be a rehearsal and a replacement at once.");
    return `replaces-${replaces}-${drawId}`;
  }

  // --- The procedure ------------------------------------------------------------------------------------------------

  const commitmentOf = (seed) => toHex(sha256(seed));
  const entriesText = (entries) => entries.map(([id, weight]) => `${id}:${weight}\n`).join("");
  const entriesHash = (entries) => sha256Hex(entriesText(entries));
  const rulesText = (prizes, distinct) => entriesText(prizes) + (distinct ? "distinct\n" : "repeat\n");
  const rulesHash = (prizes, distinct) => sha256Hex(rulesText(prizes, distinct));
  const textHash = (text) => sha256Hex(text.normalize("NFC"));
  const shortFingerprint = (fingerprint) => fingerprint.slice(0, 16).match(/.{4}/g).join(" ");

  function fingerprintOf({label, seq, commitment, entriesHash, rulesHash, planHash}) {
    const lines = [VERSION, label, seq, commitment, entriesHash, rulesHash, planHash];
    return sha256Hex(lines.map((line) => `${line}\n`).join(""));
  }

  const rootOf = ({seed, fingerprint, entropy}) =>
    hmacSha256(seed, `${VERSION}\n${fingerprint}\n${textHash(entropy)}\n`);
  const prizeKey = (root, prizeId) => hmacSha256(root, `prize\n${prizeId}\n`);

  /** Step 6: a function that gives the next unsigned 64-bit word (a BigInt) of the prize with this key. */
  function wordsOf(key) {
    const mac = hmacOf(key);
    const message = new Uint8Array(8);
    const counter = new DataView(message.buffer);
    let block = 0;
    let at = 4;
    let words = null;
    return () => {
      if (at === 4) {
        counter.setUint32(0, Math.floor(block / 2 ** 32));
        counter.setUint32(4, block % 2 ** 32);
        words = new DataView(mac(message).buffer);
        block += 1;
        at = 0;
      }
      return words.getBigUint64(8 * at++);
    };
  }

  /** Step 7: a number under n (n and the answer are Numbers). */
  function below(n, next) {
    const size = BigInt(n);
    const limit = 2n ** 64n - (2n ** 64n % size);
    for (;;) {
      const word = next();
      if (word < limit) return Number(word % size);
    }
  }

  /** The sorted entries with the sums of their weights in a Fenwick tree. Float64Array holds them exactly: the weights
   *  of nine thousand million entries would have to come together before it does not. */
  class Pool {
    constructor(entries) {
      this.entries = entries;
      const size = entries.length;
      this.tree = new Float64Array(size + 1);
      this.total = 0;
      for (let at = 1; at <= size; at++) {
        const weight = entries[at - 1][1];
        this.total += weight;
        this.tree[at] += weight;
        const parent = at + (at & -at);
        if (parent <= size) this.tree[parent] += this.tree[at];
      }
      this.top = size ? 2 ** (31 - Math.clz32(size)) : 0;
    }

    /** Step 8: the ids in the order of the prize with this key. */
    *order(key) {
      const tree = this.tree.slice();
      const size = this.entries.length;
      const next = wordsOf(key);
      let left = this.total;
      while (left) {
        let rest = below(left, next);
        let at = 0;
        for (let step = this.top; step; step >>= 1) {
          const after = at + step;
          if (after <= size && tree[after] <= rest) {
            at = after;
            rest -= tree[after];
          }
        }
        const [id, weight] = this.entries[at];
        yield id;
        left -= weight;
        for (at += 1; at <= size; at += at & -at) tree[at] -= weight;
      }
    }
  }

  const drawOrder = (key, entries) => new Pool(entries).order(key);

  /** Step 9: [{prizeId, participantId, rank}]; rank is the place among the winners of the prize. */
  function pickWinners({root, pool, prizes, distinct, withdrawn = []}) {
    const gone = new Set(withdrawn);
    const barred = new Set();
    if (gone.size) for (const [id] of pool.entries) if (gone.has(id)) barred.add(id);
    const wins = [];
    for (const [prizeId, count] of prizes) {
      const wanted = Math.min(count, pool.entries.length - barred.size);
      if (!wanted) continue;
      const winners = [];
      for (const participantId of pool.order(prizeKey(root, prizeId))) {
        if (barred.has(participantId)) continue;
        winners.push(participantId);
        wins.push({prizeId, participantId, rank: winners.length});
        if (winners.length === wanted) break;
      }
      if (distinct) for (const id of winners) barred.add(id);
    }
    return wins;
  }

  function checkEntropy(plan, entropy) {
    if (!isText(entropy)) throw new InvalidInput("entropy", "The public value is not text.");
    if (isBlank(plan) && entropy) {
      throw new InvalidInput("entropy", "There is a public value, but no plan for one was committed.");
    }
    if (!isBlank(plan) && isBlank(entropy)) {
      throw new InvalidInput("entropy", "A public value was planned at the commit, but none was used.");
    }
  }

  // --- Checking a record --------------------------------------------------------------------------------------------

  const OK = "OK";
  const WRONG = "WRONG";
  const SKIPPED = "SKIPPED";
  const SEED_SWAPPED = "This is not the seed that was committed: its SHA-256 is not the commitment.";

  /** The steps in the order in which they are shown, each with the parts whose faults belong to it. */
  const STEPS = [
    ["shape", ["shape"]],
    ["label", ["label"]],
    ["entries", ["entries", "entriesHash"]],
    ["rules", ["rules", "rulesHash"]],
    ["fingerprint", ["fingerprint", "commitment", "entropyPlan"]],
    ["phone", ["phone"]],
    ["seed", ["seed"]],
    ["entropy", ["entropy"]],
    ["withdrawn", ["withdrawn"]],
    ["winners", ["winners"]],
    ["strength", ["strength"]],
  ];

  const REQUIRED = [
    "version", "drawId", "seq", "status", "rehearsal", "replaces", "commitment", "entropyPlan", "prizes", "distinct",
    "entries", "withdrawn", "entriesHash", "rulesHash", "fingerprint", "entropy", "seed", "winners", "strength",
  ];

  class Check {
    constructor(record, shown) {
      this.record = record;
      this.report = {
        ok: true, faults: [], cautions: [], steps: [], fingerprint: null, root: null, winners: null, withdrawn: [],
        withoutWithdrawn: null, sortedEntries: null, rules: null,
      };
      this.found = {};
      this.skipped = {};
      if (this.shape()) {
        this.plan = record.entropyPlan || "";
        this.status = record.status;
        this.label();
        this.entries();
        this.rules();
        this.seed();
        this.fingerprint();
        this.phone(shown);
        this.entropy();
        this.withdrawn();
        this.winners();
        this.strength();
      }
      this.listSteps(shown);
    }

    fault(part, message) {
      this.report.faults.push({part, message});
    }

    hasFault(...parts) {
      return this.report.faults.some((fault) => parts.includes(fault.part));
    }

    /** Run `step`; what it refuses is a fault. False where it did. */
    trying(step) {
      try {
        step();
        return true;
      } catch (error) {
        if (!(error instanceof InvalidInput)) throw error;
        this.fault(error.part, error.message);
        return false;
      }
    }

    listSteps(shown) {
      const {faults, steps} = this.report;
      for (const [name, parts] of STEPS) {
        if (name === "phone" && shown === null) continue;
        const wrong = faults.filter((fault) => parts.includes(fault.part)).map((fault) => fault.message);
        if (wrong.length) steps.push({name, state: WRONG, message: wrong.join(" ")});
        else if (name in this.found) steps.push({name, state: OK, message: this.found[name]});
        else {
          const why = this.skipped[name] || "Not checked: the record is not complete.";
          steps.push({name, state: SKIPPED, message: why});
        }
      }
      const rank = (fault) => STEPS.findIndex(([, parts]) => parts.includes(fault.part));
      faults.sort((one, other) => rank(one) - rank(other));
      this.report.ok = !faults.length;
    }

    shape() {
      const record = this.record;
      const refuse = (part, message) => {
        this.fault(part, message);
        return false;
      };
      if (!isObject(record)) return refuse("shape", "The record is not a JSON object.");
      const has = (name) => Object.prototype.hasOwnProperty.call(record, name);
      const missing = REQUIRED.filter((name) => !has(name));
      if (missing.length) return refuse("shape", `The record lacks ${missing.join(", ")}.`);
      if (record.version !== VERSION) return refuse("shape", `The record is not one of ${VERSION}.`);
      if (!STATUSES.includes(record.status)) {
        return refuse("shape", `The status is none of ${STATUSES.join(", ")}.`);
      }
      if (record.entropyPlan !== null && !isText(record.entropyPlan)) {
        return refuse("entropyPlan", "The plan for the public value is not text.");
      }
      if (record.status === "COMMITTED" && has("runAt") && record.runAt !== null) {
        this.fault("shape", "The draw has not been run, and yet the record has a time of the run.");
      }
      this.found.shape = `A ${VERSION} record of a draw that is ${record.status}.`;
      return true;
    }

    label() {
      const record = this.record;
      this.seq = whole(record.seq, MAX_SEQ);
      this.labelText = null;
      let label;
      if (!this.trying(() => (label = labelOf(record.drawId, record.rehearsal, record.replaces)))) return;
      if (!this.seq) {
        this.fault("label", "The number of the draw is not a whole number from 1.");
        return;
      }
      this.labelText = label;
      this.found.label = `${show(label)}, draw number ${this.seq} of its room.`;
      if (record.rehearsal) this.report.cautions.push("This is a rehearsal: it awards nothing.");
      if (record.replaces !== null) {
        this.report.cautions.push(`This draw replaces the revoked win ${show(record.replaces)}.`);
      }
    }

    entries() {
      const given = this.record.entries;
      if (!Array.isArray(given)) {
        this.fault("entries", "The entries are not a list.");
        return;
      }
      let entries;
      if (!this.trying(() => (entries = sortEntries(given.map((one) => pair(one, "participantId", "weight")))))) return;
      this.report.sortedEntries = entries;
      this.entriesHash = entriesHash(entries);
      const total = sum(entries);
      this.found.entries = `${entries.length} entries, total weight ${total}, hash ${this.entriesHash}.`;
    }

    rules() {
      const {prizes, distinct} = this.record;
      if (!Array.isArray(prizes)) {
        this.fault("rules", "The prizes are not a list.");
        return;
      }
      if (typeof distinct !== "boolean") {
        this.fault("rules", "The record does not say whether one person may win twice.");
        return;
      }
      let rules;
      if (!this.trying(() => (rules = checkRules(prizes.map((one) => pair(one, "prizeId", "count")))))) return;
      this.report.rules = rules;
      this.rulesHash = rulesHash(rules, distinct);
      const once = distinct ? "nobody wins twice" : "nobody wins one prize twice";
      this.found.rules = `${rules.length} prizes, ${sum(rules)} pieces, ${once}, hash ${this.rulesHash}.`;
    }

    seed() {
      const seed = this.record.seed;
      this.seedBytes = null;
      if (this.status === "COMMITTED" || this.status === "RUNNING") {
        if (seed === null) this.skipped.seed = "The seed is secret until the run.";
        else this.fault("seed", "The seed is public before the run: the result can be known, and steered.");
      } else if (isHash(seed)) {
        this.seedBytes = fromHex(seed);
      } else {
        this.fault("seed", "The seed is not 64 lower-case hex digits.");
      }
    }

    /** Find out of which values the fingerprint was made. Where the record's own do not give it, one of them was
     *  altered: it is named by trying the others that the record knows of. */
    fingerprint() {
      const {fingerprint, commitment} = this.record;
      if (!isHash(fingerprint)) this.fault("fingerprint", "The fingerprint is not 64 lower-case hex digits.");
      if (!isHash(commitment)) this.fault("commitment", "The commitment is not 64 lower-case hex digits.");
      for (const part of ["entriesHash", "rulesHash"]) {
        if (!isHash(this.record[part])) this.fault(part, `${part} is not 64 lower-case hex digits.`);
      }
      if (this.labelText === null || this.report.sortedEntries === null || this.report.rules === null) {
        this.skipped.fingerprint = "Not checked: it is made of a part that is wrong.";
      } else if (!this.hasFault("fingerprint", "commitment")) {
        this.compareFingerprint(fingerprint, commitment);
      }
      if (this.seedBytes !== null && isHash(commitment)) {
        if (commitmentOf(this.seedBytes) === commitment) {
          this.found.seed = "The SHA-256 of the seed is the commitment.";
        } else if (this.hasFault("commitment")) {
          this.skipped.seed = "The seed is right: the commitment was altered.";
        } else {
          this.fault("seed", SEED_SWAPPED);
        }
      }
    }

    compareFingerprint(recorded, commitment) {
      const record = this.record;
      const own = {
        label: this.labelText,
        commitment,
        entries: this.entriesHash,
        rules: this.rulesHash,
        entropyPlan: textHash(this.plan),
      };
      const others = {
        label: [record.drawId, `rehearsal-${record.drawId}`],
        commitment: this.seedBytes === null ? [] : [commitmentOf(this.seedBytes)],
        entries: [record.entriesHash],
        rules: [record.rulesHash],
        entropyPlan: [textHash("")],
      };
      let choices = [{}];
      for (const name of Object.keys(own)) {
        const values = [own[name], ...others[name].filter((other) => isText(other) && other !== own[name])];
        choices = choices.flatMap((choice) => values.map((value) => ({...choice, [name]: value})));
      }
      let altered = null;
      for (const choice of choices) {
        const made = fingerprintOf({
          label: choice.label, seq: this.seq, commitment: choice.commitment, entriesHash: choice.entries,
          rulesHash: choice.rules, planHash: choice.entropyPlan,
        });
        if (made === recorded) {
          const different = Object.keys(own).filter((name) => choice[name] !== own[name]);
          if (altered === null || different.length < altered.length) altered = different;
        }
      }
      this.nameAltered(altered);
      if (altered !== null && !altered.length) {
        this.report.fingerprint = recorded;
        this.found.fingerprint = `${shortFingerprint(recorded)} follows from all that was committed.`;
      }
    }

    nameAltered(altered) {
      for (const [name, part, computed] of [
        ["entries", "entriesHash", this.entriesHash],
        ["rules", "rulesHash", this.rulesHash],
      ]) {
        const differs = this.record[part] !== computed;
        if (altered !== null ? altered.includes(name) : differs) {
          this.fault(name, `The ${name} are not those that were committed: their hash is ${computed}.`);
        } else if (differs && !this.hasFault(part)) {
          this.fault(part, `The ${name} are those that were committed, but ${part} is not their hash.`);
        }
      }
      if (altered === null) {
        this.fault(
          "fingerprint", "The fingerprint does not follow from label, number, commitment, entries, rules and plan.",
        );
        return;
      }
      if (altered.includes("label")) {
        this.fault("label", "The fingerprint was made for another label: draw, rehearsal and replacement differ.");
      }
      if (altered.includes("commitment")) {
        this.fault("commitment", "The fingerprint was made with another commitment, which is that of the seed.");
      }
      if (altered.includes("entropyPlan")) {
        this.fault("entropyPlan", "The fingerprint was made without a plan for a public value.");
      }
    }

    phone(shown) {
      if (shown === null) return;
      const digits = shown.replace(/[ \t\r\n:-]/g, "").toLowerCase();
      if (!/^[0-9a-f]{16,64}$/.test(digits)) {
        this.fault("phone", "What was shown is not a fingerprint: it has at least 16 hex digits.");
      } else if (!isHash(this.record.fingerprint)) {
        this.skipped.phone = "Not checked: the record has no fingerprint.";
      } else if (this.record.fingerprint.startsWith(digits)) {
        this.found.phone = "The record has the fingerprint that was shown.";
      } else {
        this.fault("phone", "The record has another fingerprint than the one that was shown.");
      }
    }

    entropy() {
      let entropy = this.record.entropy;
      if (this.status === "COMMITTED") {
        if (entropy === null) this.skipped.entropy = "There is no public value before the run.";
        else this.fault("entropy", "There is a public value before the run.");
        return;
      }
      if (entropy === null) entropy = "";
      if (!isText(entropy)) {
        this.fault("entropy", "The public value is not text.");
        return;
      }
      this.entropyText = entropy;
      if (this.status === "COMPLETED" && this.record.strength !== "delegated") {
        if (!this.trying(() => checkEntropy(this.plan, entropy))) return;
      }
      if (entropy) this.found.entropy = `${show(entropy)}, planned as ${show(this.plan)}.`;
      else if (isBlank(this.plan)) this.found.entropy = "No public value was planned, none was used.";
      else this.skipped.entropy = `Planned as ${show(this.plan)}; none was used.`;
    }

    withdrawn() {
      const given = this.record.withdrawn === null ? [] : this.record.withdrawn;
      if (!Array.isArray(given)) {
        this.fault("withdrawn", "The withdrawn people are not a list.");
        return;
      }
      if (this.report.sortedEntries === null) {
        this.skipped.withdrawn = "Not checked: the entries are wrong.";
        return;
      }
      const left = new Set(given.length ? this.report.sortedEntries.map(([id]) => id) : []);
      const people = [];
      for (const one of given) {
        const {participantId, at, reason, by = null} = isObject(one) ? one : {};
        if (!isId(participantId) || !left.delete(participantId)) {
          const number = people.length + 1;
          this.fault("withdrawn", `Withdrawn person ${number} is not among the entries, or stands twice.`);
          return;
        }
        if (!(isText(at) && at && isText(reason) && reason && (by === null || isText(by)))) {
          this.fault("withdrawn", `${show(participantId)} is withdrawn without a time, an actor or a reason.`);
          return;
        }
        people.push({participantId, at, by, reason});
      }
      this.report.withdrawn = people;
      this.found.withdrawn = `${people.length} of the entries could not be awarded any more.`;
      if (people.length) {
        this.report.cautions.push(
          `${people.length} people were withdrawn after the commit: look at who, when, by whom and why.`,
        );
      }
    }

    winners() {
      const given = this.record.winners;
      if (this.status !== "COMPLETED") {
        if (given !== null && !(Array.isArray(given) && !given.length)) {
          this.fault("winners", "There are winners, but the draw was not completed.");
          return;
        }
        this.skipped.winners = "The draw has no winners.";
      }
      if (this.status === "COMMITTED" || this.status === "RUNNING") return;
      if (this.record.strength === "delegated") {
        this.skipped.winners = "The app chose the winners: chance did not, and nothing can be recomputed.";
        if (this.status === "COMPLETED" && !this.report.faults.length) this.checkChosen(given);
        return;
      }
      if (this.report.faults.length) {
        this.skipped.winners = "Not recomputed: what the winners follow from is wrong.";
        return;
      }
      if (this.status === "CANCELLED") {
        this.report.cautions.push("The draw was cancelled; it awarded nothing.");
        if (!this.entropyText && !isBlank(this.plan)) return;
      }
      this.recompute();
      if (this.status === "COMPLETED") this.compareWinners(given);
    }

    recompute() {
      const report = this.report;
      const root = rootOf({
        seed: this.seedBytes, fingerprint: this.record.fingerprint, entropy: this.entropyText,
      });
      const pool = new Pool(report.sortedEntries);
      const pick = (withdrawn) =>
        pickWinners({root, pool, prizes: report.rules, distinct: this.record.distinct, withdrawn});
      report.root = toHex(root);
      report.winners = pick(report.withdrawn.map((one) => one.participantId));
      if (report.withdrawn.length) report.withoutWithdrawn = pick([]);
    }

    /** The recorded winners by place; null, and a fault, where they cannot be read. */
    placesIn(given) {
      if (!Array.isArray(given)) {
        this.fault("winners", "The winners are not a list.");
        return null;
      }
      const recorded = new Map();
      let number = 0;
      for (const one of given) {
        number += 1;
        const {prizeId, participantId, rank: stated} = isObject(one) ? one : {};
        const rank = whole(stated, MAX_COUNT);
        if (!(isId(prizeId) && isId(participantId) && rank)) {
          this.fault("winners", `Winner ${number} lacks a prize, a person or a rank.`);
          return null;
        }
        if (recorded.has(place(prizeId, rank))) {
          this.fault("winners", `Two winners stand on place ${rank} of prize ${show(prizeId)}.`);
          return null;
        }
        recorded.set(place(prizeId, rank), participantId);
      }
      return recorded;
    }

    /** What an app chose cannot be recomputed; that it kept to the sealed list and rules can be seen. */
    checkChosen(given) {
      const recorded = this.placesIn(given) || new Map();
      const counts = new Map(this.report.rules);
      const able = new Set(this.report.sortedEntries.map(([id]) => id));
      for (const one of this.report.withdrawn) able.delete(one.participantId);
      const winners = new Set();
      for (const [key, participantId] of recorded) {
        const [prizeId, rank] = splitPlace(key);
        const who = this.record.distinct ? participantId : `${prizeId}\n${participantId}`;
        if (rank > (counts.get(prizeId) || 0)) {
          this.fault("winners", `This draw has no place ${rank} of prize ${show(prizeId)}.`);
        } else if (!able.has(participantId)) {
          this.fault("winners", `${show(participantId)} could not win: not among the entries, or withdrawn.`);
        } else if (winners.has(who)) {
          this.fault("winners", `${show(participantId)} wins twice.`);
        } else {
          winners.add(who);
          continue;
        }
        return;
      }
    }

    compareWinners(given) {
      const recorded = this.placesIn(given);
      if (recorded === null) return;
      const follow = places(this.report.winners);
      const {withoutWithdrawn} = this.report;
      if (sameMap(recorded, follow)) {
        this.found.winners = `${follow.size} winners, each the one that follows.`;
      } else if (withoutWithdrawn !== null && sameMap(recorded, places(withoutWithdrawn))) {
        this.fault("withdrawn", "The winners are those of a draw in which nobody was withdrawn.");
      } else {
        this.nameDifferent(follow, recorded);
      }
    }

    nameDifferent(follow, recorded) {
      const added = [...recorded.keys()].filter((key) => !follow.has(key)).sort((one, other) => {
        const [x, y] = [splitPlace(one), splitPlace(other)];
        return compareIds(x[0], y[0]) || x[1] - y[1];
      });
      const order = [...follow.keys(), ...added];
      const different = order.filter((key) => follow.get(key) !== recorded.get(key));
      const [prizeId, rank] = splitPlace(different[0]);
      const name = (map) => (map.has(different[0]) ? show(map.get(different[0])) : "nobody");
      this.fault(
        "winners",
        `${different.length} of ${order.length} places differ. The first is place ${rank} of prize ${show(prizeId)}: ` +
          `${name(follow)} follows, ${name(recorded)} is recorded.`,
      );
      // One replaced winner leaves the other places as they were; another public value moves nearly all of them.
      if (this.entropyText && 2 * different.length > order.length) {
        this.fault("entropy", "Most winners do not follow from this public value: compare it with what was seen.");
      }
    }

    strength() {
      const strength = this.record.strength;
      if (this.status !== "COMPLETED") {
        if (strength !== null && !STRENGTHS.includes(strength)) {
          this.fault("strength", `The strength is none of ${STRENGTHS.join(", ")}.`);
        } else if (strength === "committed+entropy" && isBlank(this.plan)) {
          this.fault("strength", "The record claims a public value, but none was planned.");
        } else {
          this.skipped.strength = "The strength is known after the run.";
        }
        return;
      }
      if (strength === "delegated") {
        this.found.strength = "delegated: an app chose the winners, only the commit was checked.";
        this.report.cautions.push("The app chose the winners: this record does not prove that chance did.");
      } else if (!STRENGTHS.includes(strength)) {
        this.fault("strength", `The strength is none of ${STRENGTHS.join(", ")}.`);
      } else if (this.hasFault("entropy")) {
        this.skipped.strength = "Not checked: the public value is wrong.";
      } else if (strength === "committed+entropy" && !this.entropyText) {
        this.fault("strength", "The record claims a public value, but none was used.");
      } else if (strength === "committed" && this.entropyText) {
        this.fault("strength", "The record claims no public value, but one was used.");
      } else if (strength === "committed") {
        this.found.strength = "committed: nothing could be changed after the commit.";
      } else {
        this.found.strength = "committed+entropy: nobody could know the result at the commit either.";
      }
    }
  }

  const pair = (given, name, number) => (isObject(given) ? [given[name], given[number]] : [null, null]);
  const sum = (pairs) => pairs.reduce((total, one) => total + one[1], 0);
  const place = (prizeId, rank) => `${prizeId}\n${rank}`;
  const splitPlace = (key) => {
    const at = key.lastIndexOf("\n");
    return [key.slice(0, at), Number(key.slice(at + 1))];
  };
  const places = (wins) => new Map(wins.map((win) => [place(win.prizeId, win.rank), win.participantId]));
  const sameMap = (one, other) => one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);

  const UNPRINTABLE = new RegExp(
    "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff" +
      "\\ufff9-\\ufffb\\p{Cs}]",
    "gu",
  );

  /** Text of a record as it may be shown: in quotes, short, and without the characters by which a name could turn the
   *  line around or hide in it. (A page still sets it as textContent.) */
  function show(text) {
    const characters = Array.from(text.length > 200 ? text.slice(0, 200) : text);
    const short = characters.length <= 80 ? text : characters.slice(0, 79).join("") + "…";
    return `"${short.replace(UNPRINTABLE, (one) => `\\u{${one.codePointAt(0).toString(16)}}`)}"`;
  }

  /** Every step of a record that JSON.parse gave. `shown` is what a screen or a phone showed at the commit. Never
   *  throws, whatever the record is. */
  function checkRecord(record, {shown = null} = {}) {
    return new Check(record, shown).report;
  }

  const verifyRecord = (record) => checkRecord(record).faults;

  /** One's own entry in a record that was checked, or null. `places` says for each of the first 20 prizes where it
   *  stands in the whole order, `wins` what it won; both are null where there is no recomputed result. */
  function findEntry(record, report, participantId) {
    const entries = report.sortedEntries || [];
    const entry = entries.find(([id]) => id === participantId);
    if (!entry) return null;
    let places = null;
    if (report.root !== null) {
      const pool = new Pool(entries);
      const root = fromHex(report.root);
      places = report.rules.slice(0, 20).map(([prizeId]) => {
        let at = 0;
        for (const one of pool.order(prizeKey(root, prizeId))) {
          at += 1;
          if (one === participantId) break;
        }
        return {prizeId, place: at};
      });
    }
    return {
      participantId,
      weight: entry[1],
      totalWeight: sum(entries),
      withdrawn: report.withdrawn.some((one) => one.participantId === participantId),
      places,
      wins: report.winners && report.winners.filter((win) => win.participantId === participantId),
    };
  }

  /** The record in a file or an answer of the API ({"data": record}). Throws SyntaxError where it is no JSON. */
  function readRecord(text) {
    const value = JSON.parse(text.replace(/^\ufeff/, ""));
    return isObject(value) && !("version" in value) && isObject(value.data) ? value.data : value;
  }

  const FairDraw = Object.freeze({
    VERSION, STEPS, InvalidInput, sha256, sha256Hex, hmacSha256, utf8, toHex, fromHex, compareIds, sortEntries,
    checkRules, labelOf, commitmentOf, entriesText, entriesHash, rulesText, rulesHash, textHash, fingerprintOf,
    shortFingerprint, rootOf, prizeKey, wordsOf, below, Pool, drawOrder, pickWinners, checkEntropy, show, checkRecord,
    verifyRecord, findEntry, readRecord,
  });
  if (typeof module === "object" && module.exports) module.exports = FairDraw;
  else global.FairDraw = FairDraw;
})(typeof self === "undefined" ? this : self);
