/*
 * fair-draw-v1 in a browser: recompute a draw and check its record or receipt, step by step.
 *
 * The same steps, names and words as prizes/fair_draw.py, written a second time on purpose: two programs in two
 * languages have to agree on every byte. No build step, no other file, no crypto.subtle (which browsers withhold from
 * plain http, and a hall without internet has nothing else), no DOM: it also runs in a Worker and in node.
 *
 *   FairDraw.checkRecord(record, {shown, entry})  every step, of a record or a receipt; `entry` has to be entered
 *   FairDraw.verifyRecord(record)                 the faults alone
 *   FairDraw.findEntry(report, id)                one's own entry      FairDraw.readRecord(text)    JSON to record
 *   FairDraw.receiptOf(record, id)                a receipt, cut out of a whole record
 */
(function (global) {
  "use strict";

  const VERSION = "fair-draw-v1";
  const MAX_WEIGHT = 1000000;
  const MAX_NUMBER = Number.MAX_SAFE_INTEGER;
  const MAX_DEPTH = 64;
  const STATUSES = ["COMMITTED", "RUNNING", "COMPLETED", "CANCELLED"];
  const MODES = ["draw", "delegated-refuse", "delegated-draw"];
  const STRENGTHS = ["committed", "committed+entropy", "delegated"];
  const REASONS = ["left", "removed", "won", "unknown"];

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
    let a = state[0];
    let b = state[1];
    let c = state[2];
    let d = state[3];
    let e = state[4];
    let f = state[5];
    let g = state[6];
    let h = state[7];
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
  const isTime = (value) =>
    typeof value === "string" && /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$/.test(value);
  const isBlank = (text) => !/[^ \t\n\r\v\f]/.test(text);
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

  function checkEntry(number, id, given, part) {
    if (!isId(id)) {
      throw new InvalidInput(part, `Entry ${number} has no usable id (text without a colon or a line feed).`);
    }
    const weight = whole(given, MAX_WEIGHT);
    if (!weight) {
      throw new InvalidInput(part, `The weight of ${show(id)} is not a whole number from 1 to ${MAX_WEIGHT}.`);
    }
    return [id, weight];
  }

  /** Pairs [participantId, weight] that stand in their order, as in a record. */
  function orderedEntries(entries) {
    const checked = [];
    let last = "";
    for (const [id, given] of entries) {
      const entry = checkEntry(checked.length + 1, id, given, "entries");
      const order = compareIds(id, last);
      if (order <= 0) {
        const wrong = order ? "does not stand in the order of the ids" : "is entered twice";
        throw new InvalidInput("entries", `${show(id)} ${wrong}.`);
      }
      last = id;
      checked.push(entry);
    }
    if (!checked.length) throw new InvalidInput("entries", "There is no entry.");
    return checked;
  }

  /** The entries by the UTF-8 bytes of their ids. */
  function sortEntries(entries) {
    const checked = entries.map(([id, given], at) => checkEntry(at + 1, id, given, "entries"));
    return orderedEntries(checked.sort((x, y) => compareIds(x[0], y[0])));
  }

  /** The prizes [id, count, name] in their given order. */
  function checkRules(prizes) {
    const seen = new Set();
    const checked = [];
    for (const [id, given, name] of prizes) {
      const number = checked.length + 1;
      if (!isId(id)) {
        throw new InvalidInput("rules", `Prize ${number} has no usable id (text without a colon or a line feed).`);
      }
      const count = whole(given, MAX_NUMBER);
      if (!count) throw new InvalidInput("rules", `The count of prize ${show(id)} is not a whole number from 1.`);
      if (!isText(name)) throw new InvalidInput("rules", `The name of prize ${show(id)} is not text.`);
      if (seen.has(id)) throw new InvalidInput("rules", `Prize ${show(id)} stands twice.`);
      seen.add(id);
      checked.push([id, count, name]);
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

  /** The number of the draw, where room, number and time are what they have to be. */
  function checkPlace(roomId, seq, committedAt) {
    if (!isId(roomId)) {
      throw new InvalidInput("label", "The room has no usable id (text without a colon or a line feed).");
    }
    const number = whole(seq, MAX_NUMBER);
    if (!number) throw new InvalidInput("label", "The number of the draw is not a whole number from 1.");
    if (!isTime(committedAt)) {
      throw new InvalidInput("committedAt", "The time of the commit is not written as 2026-12-31T20:00:00.000Z.");
    }
    return number;
  }

  // --- The entries tree ---------------------------------------------------------------------------------------------

  /** A whole number below 2^53 as 8 bytes, big-endian, at `at`. */
  function putNumber(view, at, number) {
    view.setUint32(at, Math.floor(number / 2 ** 32));
    view.setUint32(at + 4, number % 2 ** 32);
  }

  function leafOf([id, weight]) {
    const name = utf8(id);
    const bytes = new Uint8Array(9 + name.length);
    putNumber(new DataView(bytes.buffer), 1, weight);
    bytes.set(name, 9);
    return {count: 1, weight, hash: sha256(bytes)};
  }

  const inner = new Uint8Array(97);
  const innerView = new DataView(inner.buffer);

  /** The inner node over two nodes. */
  function join(left, right) {
    inner[0] = 1;
    putNumber(innerView, 1, left.count);
    putNumber(innerView, 9, left.weight);
    inner.set(left.hash, 17);
    putNumber(innerView, 49, right.count);
    putNumber(innerView, 57, right.weight);
    inner.set(right.hash, 65);
    return {count: left.count + right.count, weight: left.weight + right.weight, hash: sha256(inner)};
  }

  /** How many of `count` leaves are to the left: the largest power of two below `count`. */
  function leftCount(count) {
    let left = 1;
    while (left * 2 < count) left *= 2;
    return left;
  }

  /** The tree over entries in their order, with every hash: 64 bytes an entry. */
  class Tree {
    constructor(entries) {
      this.entries = entries;
      this.count = entries.length;
      this.sums = new Float64Array(this.count + 1); // of the weights before each entry, and of all
      let hashes = new Uint8Array(32 * this.count);
      entries.forEach((entry, at) => {
        this.sums[at + 1] = this.sums[at] + entry[1];
        hashes.set(leafOf(entry).hash, 32 * at);
      });
      this.weight = this.sums[this.count];
      this.levels = [hashes];
      for (let size = 1; hashes.length > 32; size *= 2) {
        const nodes = hashes.length / 32;
        const above = new Uint8Array(32 * Math.ceil(nodes / 2));
        for (let at = 0; at < nodes; at += 2) {
          const left = this.counted(at * size, size, hashes.subarray(32 * at, 32 * at + 32));
          const right = this.counted((at + 1) * size, size, hashes.subarray(32 * at + 32, 32 * at + 64));
          above.set(at + 1 < nodes ? join(left, right).hash : left.hash, 16 * at); // an odd last one waits
        }
        hashes = above;
        this.levels.push(hashes);
      }
    }

    counted(start, size, hash) {
      const stop = Math.min(start + size, this.count);
      return {count: stop - start, weight: this.sums[stop] - this.sums[start], hash};
    }

    /** entriesRoot. */
    get root() {
      return toHex(this.node(0, this.count).hash);
    }

    /** The node over the entries from `start` up to `stop`, which are those of one node. */
    node(start, stop) {
      let height = 0;
      let size = 1;
      for (; size < stop - start; size *= 2) height += 1;
      const at = 32 * Math.floor(start / size);
      return this.counted(start, size, this.levels[height].subarray(at, at + 32));
    }

    /** The tree of a receipt: with the leaves at these positions, counted from 0, every other branch cut off. */
    cut(positions) {
      const sorted = [...new Set(positions)].sort((one, other) => one - other);
      return this.cutBranch(0, this.count, sorted);
    }

    cutBranch(start, stop, positions) {
      if (!positions.length) {
        const node = this.node(start, stop);
        return [node.count, node.weight, toHex(node.hash)];
      }
      if (stop - start === 1) return [...this.entries[start]];
      const middle = start + leftCount(stop - start);
      const right = (at) => at >= middle;
      return [
        this.cutBranch(start, middle, positions.filter((at) => !right(at))),
        this.cutBranch(middle, stop, positions.filter(right)),
      ];
    }

    /** Where this entry stands, counted from 0; null where it is not entered. */
    positionOf(participantId) {
      let low = 0;
      let high = this.count;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (compareIds(this.entries[middle][0], participantId) < 0) low = middle + 1;
        else high = middle;
      }
      return low < this.count && this.entries[low][0] === participantId ? low : null;
    }
  }

  const WRONG_NODE = "A node of the tree is neither a leaf, nor a cut branch, nor an inner node.";

  /** Root and leaves {participantId, weight, position, before} of a receipt's tree, computed from the leaves up. */
  function readTree(tree) {
    const leaves = [];
    return {root: readNode(tree, 0, 0, 0, leaves), leaves};
  }

  function readNode(node, depth, position, before, leaves) {
    const refuse = (message) => {
      throw new InvalidInput("tree", message);
    };
    if (depth > MAX_DEPTH) refuse(`The tree is deeper than ${MAX_DEPTH} levels.`);
    if (!Array.isArray(node)) refuse(WRONG_NODE);
    if (node.length === 3) return readCut(node, refuse);
    if (node.length === 2 && typeof node[0] === "string") {
      const [participantId, weight] = checkEntry(position + 1, node[0], node[1], "tree");
      if (leaves.length && compareIds(participantId, leaves[leaves.length - 1].participantId) <= 0) {
        refuse(`The leaf ${show(participantId)} does not stand in the order of the ids.`);
      }
      leaves.push({participantId, weight, position, before});
      return leafOf([participantId, weight]);
    }
    if (node.length !== 2 || !(Array.isArray(node[0]) && Array.isArray(node[1]))) refuse(WRONG_NODE);
    const left = readNode(node[0], depth + 1, position, before, leaves);
    const right = readNode(node[1], depth + 1, position + left.count, before + left.weight, leaves);
    if (Math.max(left.count + right.count, left.weight + right.weight) > MAX_NUMBER) {
      refuse("The sums of the tree are too large.");
    }
    if (left.count !== leftCount(left.count + right.count)) {
      refuse("An inner node does not divide its leaves as the procedure says.");
    }
    return join(left, right);
  }

  function readCut(node, refuse) {
    const count = whole(node[0], MAX_NUMBER);
    const weight = whole(node[1], MAX_NUMBER);
    if (!(count && weight && isHash(node[2]))) refuse(WRONG_NODE);
    if (!(count <= weight && weight <= count * MAX_WEIGHT)) {
      refuse(`A cut branch of ${count} entries cannot weigh ${weight}.`);
    }
    return {count, weight, hash: fromHex(node[2])};
  }

  // --- The procedure ------------------------------------------------------------------------------------------------

  const commitmentOf = (seed) => toHex(sha256(seed));
  const textHash = (text) => sha256Hex(text.normalize("NFC"));
  const rulesText = (mode, prizes, distinct) =>
    `${mode}\n${prizes.map(([id, count, name]) => `${id}:${count}:${textHash(name)}\n`).join("")}`
    + (distinct ? "distinct\n" : "repeat\n");
  const rulesHash = (mode, prizes, distinct) => sha256Hex(rulesText(mode, prizes, distinct));
  const shortFingerprint = (fingerprint) => fingerprint.slice(0, 16).match(/.{4}/g).join(" ");

  function fingerprintOf(made) {
    const lines = [
      VERSION, made.roomId, made.label, made.seq, made.committedAt, made.commitment, made.entriesRoot, made.entryCount,
      made.totalWeight, made.rulesHash, made.planHash,
    ];
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
        putNumber(counter, 0, block);
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
      this.count = entries.length;
      this.sums = new Float64Array(this.count + 1);
      this.total = 0;
      for (let at = 1; at <= this.count; at++) {
        const weight = entries[at - 1][1];
        this.total += weight;
        this.sums[at] += weight;
        const parent = at + (at & -at);
        if (parent <= this.count) this.sums[parent] += this.sums[at];
      }
      this.top = this.count ? 2 ** (31 - Math.clz32(this.count)) : 0;
    }

    /** Step 8: the positions in the order of the prize with this key. */
    *order(key) {
      const sums = this.sums.slice();
      const size = this.count;
      const next = wordsOf(key);
      let left = this.total;
      while (left) {
        let rest = below(left, next);
        let at = 0;
        for (let step = this.top; step; step >>= 1) {
          const after = at + step;
          if (after <= size && sums[after] <= rest) {
            at = after;
            rest -= sums[after];
          }
        }
        yield at;
        const weight = this.entries[at][1];
        left -= weight;
        for (at += 1; at <= size; at += at & -at) sums[at] -= weight;
      }
    }
  }

  /** The leaves of a receipt in the place of a `Pool`. Its positions are those in the list of leaves. */
  class Leaves {
    constructor(root, leaves) {
      this.entries = leaves.map((leaf) => [leaf.participantId, leaf.weight]);
      this.count = root.count;
      this.total = root.weight;
      this.before = leaves.map((leaf) => leaf.before);
    }

    *order(key) {
      const size = this.entries.length;
      const goneSums = new Float64Array(size + 1); // a Fenwick tree of the weights of those that have left
      const gone = new Set();
      const next = wordsOf(key);
      let left = this.total;
      while (left) {
        const rest = below(left, next);
        let low = 0;
        let high = size;
        let found = 0;
        while (low < high) { // the leaves that begin at or before `rest`, once those gone are taken out
          const middle = (low + high) >>> 1;
          let start = this.before[middle];
          for (let at = middle; at; at &= at - 1) start -= goneSums[at];
          if (start <= rest) {
            low = middle + 1;
            found = start;
          } else {
            high = middle;
          }
        }
        let at = low - 1;
        if (at < 0 || gone.has(at) || rest >= found + this.entries[at][1]) {
          throw new InvalidInput("tree", "The receipt is incomplete: somebody who came up is not in its tree.");
        }
        yield at;
        gone.add(at);
        const weight = this.entries[at][1];
        left -= weight;
        for (at += 1; at <= size; at += at & -at) goneSums[at] += weight;
      }
    }
  }

  /** The ids in the order of one prize. */
  function* drawOrder(key, entries) {
    for (const at of new Pool(entries).order(key)) yield entries[at][0];
  }

  /** Step 9: {wins: [{prizeId, participantId, rank}], cameUp: positions}. A receipt does not name everybody who was
   *  withdrawn: there their number is given. */
  function pickWinners({root, pool, prizes, distinct, withdrawn = [], withdrawnCount = null}) {
    const gone = new Set(withdrawn);
    let missing = withdrawnCount;
    if (missing === null) missing = gone.size ? pool.entries.filter(([id]) => gone.has(id)).length : 0;
    const won = new Set();
    const cameUp = new Set();
    const wins = [];
    for (const [prizeId, count] of prizes) {
      const wanted = Math.min(count, pool.count - missing - won.size);
      if (wanted < 1) continue;
      const winners = [];
      for (const at of pool.order(prizeKey(root, prizeId))) {
        cameUp.add(at);
        const participantId = pool.entries[at][0];
        if (won.has(at) || gone.has(participantId)) continue;
        winners.push(at);
        wins.push({prizeId, participantId, rank: winners.length});
        if (winners.length === wanted) break;
      }
      if (distinct) for (const at of winners) won.add(at);
    }
    return {wins, cameUp: [...cameUp].sort((one, other) => one - other)};
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

  /** The receipt of this person, or the winners' alone, from a whole record. Throws InvalidInput where the record is
   *  wrong or this is no entry of it. */
  function receiptOf(record, participantId = null) {
    const report = checkRecord(record);
    if (report.faults.length || report.entries === null) {
      throw new InvalidInput("shape", "A receipt is made from a whole record without faults.");
    }
    const tree = new Tree(report.entries);
    let positions = [];
    if (record.status === "COMPLETED") {
      positions = record.strength === "delegated"
        ? record.winners.map((one) => tree.positionOf(one.participantId)) : report.cameUp;
    }
    const names = new Set(positions.map((at) => report.entries[at][0]));
    if (participantId !== null) {
      const asked = tree.positionOf(participantId);
      if (asked === null) throw new InvalidInput("entry", `${show(participantId)} is not among the entries.`);
      positions = [...positions, asked];
    }
    const {entries, ...rest} = record;
    return {
      kind: "receipt", ...rest, tree: tree.cut(positions),
      withdrawn: record.withdrawn.filter((one) => names.has(one.participantId)),
    };
  }

  // --- Checking a record or a receipt -------------------------------------------------------------------------------

  const OK = "OK";
  const WRONG = "WRONG";
  const SKIPPED = "SKIPPED";
  const SEED_SWAPPED = "This is not the seed that was committed: its SHA-256 is not the commitment.";

  /** The steps in the order in which they are shown, each with the parts whose faults belong to it. */
  const STEPS = [
    ["shape", ["shape"]],
    ["label", ["label", "committedAt"]],
    ["entries", ["entries", "tree", "entriesRoot", "entryCount", "totalWeight"]],
    ["rules", ["rules", "mode", "rulesHash"]],
    ["fingerprint", ["fingerprint", "commitment", "entropyPlan"]],
    ["phone", ["phone"]],
    ["entry", ["entry"]],
    ["seed", ["seed"]],
    ["entropy", ["entropy"]],
    ["withdrawn", ["withdrawn"]],
    ["winners", ["winners"]],
    ["strength", ["strength"]],
  ];

  const REQUIRED = [
    "version", "roomId", "drawId", "seq", "status", "mode", "rehearsal", "replaces", "committedAt", "commitment",
    "entropyPlan", "prizes", "distinct", "entriesRoot", "entryCount", "totalWeight", "withdrawn", "withdrawnCount",
    "rulesHash", "fingerprint", "entropy", "seed", "runAt", "winners", "strength", "fallbackReason",
  ];

  class Check {
    constructor(record, shown, entry) {
      this.record = record;
      this.report = {
        kind: "record", ok: true, faults: [], cautions: [], notProven: [], steps: [], fingerprint: null, root: null,
        winners: null, withdrawn: [], withoutWithdrawn: null, cameUp: [], entryCount: 0, totalWeight: 0, entries: null,
        leaves: null, rules: null,
      };
      this.found = {};
      this.skipped = {};
      if (this.shape()) {
        this.plan = record.entropyPlan;
        this.status = record.status;
        this.label();
        this.entries();
        this.rules();
        this.seed();
        this.fingerprint();
        this.phone(shown);
        this.ownEntry(entry);
        this.entropy();
        this.withdrawn();
        this.winners();
        this.strength();
        this.sayWhatIsNotProven();
      }
      this.listSteps(shown, entry);
    }

    fault(part, message) {
      this.report.faults.push({part, message});
    }

    hasFault(...parts) {
      return this.report.faults.some((fault) => parts.includes(fault.part));
    }

    get isReceipt() {
      return this.report.kind === "receipt";
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

    listSteps(shown, entry) {
      const {faults, steps} = this.report;
      for (const [name, parts] of STEPS) {
        if ((name === "phone" && shown === null) || (name === "entry" && entry === null)) continue;
        const wrong = faults.filter((fault) => parts.includes(fault.part)).map((fault) => fault.message);
        if (wrong.length) steps.push({name, state: WRONG, message: wrong.join(" ")});
        else if (name in this.found) steps.push({name, state: OK, message: this.found[name]});
        else {
          const why = this.skipped[name] || "Not checked: the record is not complete.";
          steps.push({name, state: SKIPPED, message: why});
        }
      }
      const rank = (fault) => STEPS.findIndex(([, parts]) => parts.includes(fault.part));
      const order = new Map(faults.map((fault) => [fault, rank(fault)]));
      faults.sort((one, other) => order.get(one) - order.get(other));
      this.report.ok = !faults.length;
    }

    shape() {
      const {record, report} = this;
      const refuse = (part, message) => {
        this.fault(part, message);
        return false;
      };
      if (!isObject(record)) return refuse("shape", "The record is not a JSON object.");
      const has = (name) => Object.prototype.hasOwnProperty.call(record, name);
      const kind = has("kind") ? record.kind : null;
      if (kind !== null && kind !== "receipt") return refuse("shape", "This is neither a record nor a receipt.");
      report.kind = kind || "record";
      const missing = [...REQUIRED, this.isReceipt ? "tree" : "entries"].filter((name) => !has(name));
      if (missing.length) return refuse("shape", `The ${report.kind} lacks ${missing.join(", ")}.`);
      if (record.version !== VERSION) return refuse("shape", `The ${report.kind} is not one of ${VERSION}.`);
      if (!STATUSES.includes(record.status)) {
        return refuse("shape", `The status is none of ${STATUSES.join(", ")}.`);
      }
      if (!isText(record.entropyPlan)) return refuse("entropyPlan", "The plan for the public value is not text.");
      if (record.status !== "COMPLETED" && record.runAt !== null) {
        this.fault("shape", "The draw has no result, and yet the record has a time of the run.");
      }
      if (record.status === "COMPLETED" && !isTime(record.runAt)) {
        this.fault("shape", "The time of the run is not written as 2026-12-31T20:00:00.000Z.");
      }
      this.found.shape = `A ${VERSION} ${report.kind} of a draw that is ${record.status}.`;
      return true;
    }

    label() {
      const {record} = this;
      this.seq = 0;
      this.labelText = null;
      let label;
      const readable = this.trying(() => {
        label = labelOf(record.drawId, record.rehearsal, record.replaces);
        this.seq = checkPlace(record.roomId, record.seq, record.committedAt);
      });
      if (!readable) return;
      this.labelText = label;
      const kind = record.rehearsal ? "rehearsal" : "draw";
      this.found.label =
        `${show(label)}, ${kind} number ${this.seq} of the room ${show(record.roomId)}, `
        + `committed at ${record.committedAt}.`;
      if (record.rehearsal) this.report.cautions.push("This is a rehearsal: it awards nothing.");
      if (record.replaces !== null) {
        this.report.cautions.push(`This draw replaces the revoked win ${show(record.replaces)}.`);
      }
    }

    /** Computes `this.ownRoot`: [root, count, weight] of the list that the record shows. */
    entries() {
      const {report} = this;
      this.ownRoot = null;
      for (const part of ["entryCount", "totalWeight"]) {
        if (!whole(this.record[part], MAX_NUMBER)) this.fault(part, `${part} is not a whole number from 1.`);
      }
      if (!isHash(this.record.entriesRoot)) this.fault("entriesRoot", "entriesRoot is not 64 lower-case hex digits.");
      let root;
      if (!this.trying(() => (root = this.isReceipt ? this.readReceipt() : this.readEntries()))) return;
      this.ownRoot = [toHex(root.hash), root.count, root.weight];
      report.entryCount = root.count;
      report.totalWeight = root.weight;
      const shown = report.leaves === null ? "" : `${report.leaves.length} of them shown, `;
      this.found.entries = `${root.count} entries, ${shown}total weight ${root.weight}, root ${this.ownRoot[0]}.`;
    }

    readEntries() {
      const given = this.record.entries;
      if (!Array.isArray(given)) throw new InvalidInput("entries", "The entries are not a list.");
      const entries = orderedEntries(
        given.map((one) => (isObject(one) ? [one.participantId, one.weight] : [null, null])),
      );
      const tree = new Tree(entries);
      this.report.entries = entries;
      this.poolOf = () => new Pool(entries);
      return tree.node(0, tree.count);
    }

    readReceipt() {
      const {root, leaves} = readTree(this.record.tree);
      this.report.leaves = leaves;
      this.poolOf = () => new Leaves(root, leaves);
      return root;
    }

    /** Everybody whom the record or the receipt shows. */
    ids() {
      const {entries, leaves} = this.report;
      return new Set(leaves === null ? (entries || []).map(([id]) => id) : leaves.map((leaf) => leaf.participantId));
    }

    rules() {
      const {prizes, distinct, mode} = this.record;
      if (!MODES.includes(mode)) this.fault("mode", `The mode is none of ${MODES.join(", ")}.`);
      if (!Array.isArray(prizes)) {
        this.fault("rules", "The prizes are not a list.");
        return;
      }
      if (typeof distinct !== "boolean") {
        this.fault("rules", "The record does not say whether one person may win twice.");
        return;
      }
      const triples = prizes.map((one) => (isObject(one) ? [one.prizeId, one.count, one.name] : [null, null, null]));
      let rules;
      if (!this.trying(() => (rules = checkRules(triples)))) return;
      if (this.hasFault("mode")) return;
      this.report.rules = rules;
      this.rulesHash = rulesHash(mode, rules, distinct);
      const pieces = rules.reduce((total, one) => total + BigInt(one[1]), 0n);
      const once = distinct ? "nobody wins twice" : "nobody wins one prize twice";
      this.found.rules = `${rules.length} prizes, ${pieces} pieces, ${once}, mode ${mode}, hash ${this.rulesHash}.`;
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
      if (!isHash(this.record.rulesHash)) this.fault("rulesHash", "rulesHash is not 64 lower-case hex digits.");
      if (this.labelText === null || this.ownRoot === null || this.report.rules === null) {
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
      const {record} = this;
      const recordedRoot = this.hasFault("entriesRoot", "entryCount", "totalWeight")
        ? null : [record.entriesRoot, record.entryCount, record.totalWeight];
      // name → the record's own value first, then the others that the fingerprint may have been made of
      const values = {
        label: [this.labelText, record.drawId, `rehearsal-${record.drawId}`],
        commitment: [commitment, this.seedBytes === null ? null : commitmentOf(this.seedBytes)],
        entries: [this.ownRoot, recordedRoot],
        rules: [this.rulesHash, this.hasFault("rulesHash") ? null : record.rulesHash],
        entropyPlan: [textHash(this.plan), textHash("")],
      };
      let choices = [[{}, []]];
      for (const [name, given] of Object.entries(values)) {
        const differing = given.filter((value, at) => value !== null && given.findIndex((one) => same(one, value)) === at);
        choices = choices.flatMap(([choice, different]) =>
          differing.map((value) => [
            {...choice, [name]: value}, same(value, given[0]) ? different : [...different, name],
          ]));
      }
      let altered = null;
      for (const [choice, different] of choices) {
        const made = fingerprintOf({
          roomId: record.roomId, label: choice.label, seq: this.seq, committedAt: record.committedAt,
          commitment: choice.commitment, entriesRoot: choice.entries[0], entryCount: choice.entries[1],
          totalWeight: choice.entries[2], rulesHash: choice.rules, planHash: choice.entropyPlan,
        });
        if (made === recorded && (altered === null || different.length < altered.length)) altered = different;
        if (altered !== null && !altered.length) break; // the record's own values come first: nothing was altered
      }
      this.nameAltered(altered, recordedRoot);
      if (altered !== null && !altered.length) {
        this.report.fingerprint = recorded;
        this.found.fingerprint = `${shortFingerprint(recorded)} follows from all that was committed.`;
      }
    }

    nameAltered(altered, recordedRoot) {
      const {record} = this;
      const readable = recordedRoot !== null;
      const differs = readable && !same(recordedRoot, this.ownRoot);
      if (altered !== null ? altered.includes("entries") : differs) {
        const [part, what] = this.isReceipt ? ["tree", "tree is not the one"] : ["entries", "list is not the one"];
        this.fault(part, `The ${what} that was committed: its root is ${this.ownRoot[0]}.`);
      } else if (differs) {
        ["entriesRoot", "entryCount", "totalWeight"].forEach((part, at) => {
          if (record[part] !== this.ownRoot[at]) {
            this.fault(part, `The entries are those that were committed, but ${part} is not theirs.`);
          }
        });
      }
      const otherHash = this.rulesHash !== record.rulesHash;
      if (altered !== null ? altered.includes("rules") : otherHash) {
        this.nameAlteredRules();
      } else if (otherHash && !this.hasFault("rulesHash")) {
        this.fault("rulesHash", "The rules are those that were committed, but rulesHash is not their hash.");
      }
      if (altered === null) {
        this.fault(
          "fingerprint",
          "The fingerprint does not follow from room, label, number, time, commitment, entries, rules and plan.",
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

    nameAlteredRules() {
      const mode = MODES.find(
        (one) => rulesHash(one, this.report.rules, this.record.distinct) === this.record.rulesHash,
      );
      if (mode) {
        this.fault("mode", `The mode is not the one that was committed, which is ${mode}.`);
        return;
      }
      this.fault(
        "rules",
        "The ids, counts, names or order of the prizes, or distinct, are not those that were committed: "
          + `their hash is ${this.rulesHash}.`,
      );
    }

    phone(shown) {
      if (shown === null) return;
      const digits = shown.replace(/[ \t\r\n:-]/g, "").toLowerCase();
      if (!/^[0-9a-f]{16,64}$/.test(digits)) {
        this.fault("phone", "What was shown is not a fingerprint: it has at least 16 hex digits.");
      } else if (!isHash(this.record.fingerprint)) {
        this.skipped.phone = "Not checked: the record has no fingerprint.";
      } else if (!this.record.fingerprint.startsWith(digits)) {
        this.fault("phone", "The record has another fingerprint than the one that was shown.");
      } else {
        this.found.phone = `The record has the fingerprint that was shown, in ${digits.length} digits of 64.`;
        if (digits.length < 32) {
          this.report.cautions.push(
            `Only ${digits.length} digits of the fingerprint were compared. Two lists that agree in 16 digits `
            + "can be made in hours: compare at least 32, or all 64 from the code on the screen.",
          );
        }
      }
    }

    ownEntry(entry) {
      if (entry === null) return;
      if (this.ownRoot === null) {
        this.skipped.entry = "Not checked: the entries are wrong.";
      } else if (this.ids().has(entry)) {
        this.found.entry = `${show(entry)} is among the entries.`;
      } else {
        const where = this.isReceipt ? "a leaf of the receipt's tree" : "among the entries";
        this.fault("entry", `${show(entry)} is not ${where}.`);
      }
    }

    entropy() {
      const entropy = this.record.entropy;
      this.entropyText = "";
      if (this.status === "COMMITTED") {
        if (entropy === null) this.skipped.entropy = "There is no public value before the run.";
        else this.fault("entropy", "There is a public value before the run.");
        return;
      }
      if (this.status === "CANCELLED" && entropy === null) {
        this.skipped.entropy = "The draw was cancelled before a public value was given.";
        return;
      }
      if (!this.trying(() => checkEntropy(this.plan, entropy))) return;
      this.entropyText = entropy;
      if (entropy) this.found.entropy = `${show(entropy)}, planned as ${show(this.plan)}.`;
      else this.found.entropy = "No public value was planned, none was used.";
    }

    withdrawn() {
      const given = this.record.withdrawn;
      if (!Array.isArray(given)) {
        this.fault("withdrawn", "The withdrawn people are not a list.");
        return;
      }
      const count = this.record.withdrawnCount;
      this.withdrawnCount = whole(count, MAX_NUMBER);
      if (!this.withdrawnCount && count !== 0) {
        this.fault("withdrawn", "withdrawnCount is not a whole number.");
        return;
      }
      if ((this.status === "COMMITTED" || this.status === "RUNNING") && (given.length || this.withdrawnCount)) {
        this.fault("withdrawn", "People are withdrawn at the run, and the draw has not been run.");
        return;
      }
      if (this.ownRoot === null) {
        this.skipped.withdrawn = "Not checked: the entries are wrong.";
        return;
      }
      const people = this.readWithdrawn(given);
      if (people === null) return;
      const most = this.isReceipt ? this.ownRoot[1] : people.length;
      if (!(people.length <= this.withdrawnCount && this.withdrawnCount <= most)) {
        this.fault("withdrawn", `withdrawnCount is ${this.withdrawnCount}, and ${people.length} people are listed.`);
        return;
      }
      this.report.withdrawn = people;
      this.found.withdrawn = `${this.withdrawnCount} of the entries could not be awarded any more.`;
      if (this.withdrawnCount) {
        this.report.cautions.push(
          `${this.withdrawnCount} people were withdrawn after the commit: look at who, when, by whom and why.`,
        );
      }
    }

    readWithdrawn(given) {
      const left = given.length ? this.ids() : new Set();
      const people = [];
      for (const one of given) {
        const {participantId, at, reason, by = null} = isObject(one) ? one : {};
        if (!isId(participantId) || !left.delete(participantId)) {
          const number = people.length + 1;
          this.fault("withdrawn", `Withdrawn person ${number} is not among the entries, or stands twice.`);
          return null;
        }
        if (!(isTime(at) && REASONS.includes(reason) && (by === null || isId(by)))) {
          this.fault("withdrawn", `${show(participantId)} is withdrawn without a time, an actor or a reason.`);
          return null;
        }
        people.push({participantId, at, by, reason});
      }
      return people;
    }

    winners() {
      const given = this.record.winners;
      if (this.status !== "COMPLETED") {
        if (given !== null) {
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
        if (this.isReceipt || (!this.entropyText && !isBlank(this.plan))) return;
      }
      if (!this.trying(() => this.recompute())) return;
      if (this.status === "COMPLETED") this.compareWinners(given);
    }

    /** Throws InvalidInput where a receipt lacks a leaf that is needed. */
    recompute() {
      const {report} = this;
      const root = rootOf({
        seed: this.seedBytes, fingerprint: this.record.fingerprint, entropy: this.entropyText,
      });
      const pool = this.poolOf();
      const pick = (withdrawn, withdrawnCount) => pickWinners({
        root, pool, prizes: report.rules, distinct: this.record.distinct, withdrawn, withdrawnCount,
      });
      const {wins, cameUp} = pick(report.withdrawn.map((one) => one.participantId), this.withdrawnCount);
      report.winners = wins;
      report.cameUp = cameUp;
      report.root = toHex(root);
      if (this.withdrawnCount) {
        try {
          report.withoutWithdrawn = pick([], 0).wins;
        } catch (error) {
          if (!(error instanceof InvalidInput)) throw error;
          report.cautions.push("Who would have won without the withdrawals is seen in the whole record.");
        }
      }
      if (this.isReceipt) {
        const names = new Set(cameUp.map((at) => pool.entries[at][0]));
        const other = report.withdrawn.find((one) => !names.has(one.participantId));
        if (other) this.fault("withdrawn", `${show(other.participantId)} is listed, and did not come up.`);
      }
    }

    /** The recorded winners in their order; null, and a fault, where they cannot be read. */
    winsIn(given) {
      if (!Array.isArray(given)) {
        this.fault("winners", "The winners are not a list.");
        return null;
      }
      const recorded = [];
      const taken = new Set();
      for (const one of given) {
        const {prizeId, participantId, rank: stated} = isObject(one) ? one : {};
        const rank = whole(stated, MAX_NUMBER);
        if (!(isId(prizeId) && isId(participantId) && rank)) {
          this.fault("winners", `Winner ${recorded.length + 1} lacks a prize, a person or a rank.`);
          return null;
        }
        if (taken.has(place(prizeId, rank))) {
          this.fault("winners", `Two winners stand on place ${rank} of prize ${show(prizeId)}.`);
          return null;
        }
        taken.add(place(prizeId, rank));
        recorded.push({prizeId, participantId, rank});
      }
      return recorded;
    }

    /** What an app chose cannot be recomputed; that it kept to the sealed list and rules can be seen. */
    checkChosen(given) {
      const counts = new Map(this.report.rules);
      const order = [...counts.keys()];
      const able = this.ids();
      for (const one of this.report.withdrawn) able.delete(one.participantId);
      const winners = new Set();
      let last = [-1, 0];
      for (const {prizeId, participantId, rank} of this.winsIn(given) || []) {
        const who = this.record.distinct ? participantId : `${prizeId}\n${participantId}`;
        const at = order.indexOf(prizeId);
        if (rank > (counts.get(prizeId) || 0)) {
          this.fault("winners", `This draw has no place ${rank} of prize ${show(prizeId)}.`);
        } else if (!able.has(participantId)) {
          this.fault("winners", `${show(participantId)} could not win: not among the entries, or withdrawn.`);
        } else if (winners.has(who)) {
          this.fault("winners", `${show(participantId)} wins twice.`);
        } else if (!(at === last[0] && rank === last[1] + 1) && !(at > last[0] && rank === 1)) {
          this.fault("winners", "The winners do not stand in the order of prizes and ranks.");
        } else {
          winners.add(who);
          last = [at, rank];
          continue;
        }
        return;
      }
    }

    compareWinners(given) {
      const recorded = this.winsIn(given);
      if (recorded === null) return;
      const follow = this.report.winners;
      const {withoutWithdrawn} = this.report;
      const sorted = (wins) => wins.map(winText).sort();
      if (same(recorded.map(winText), follow.map(winText))) {
        this.found.winners = `${follow.length} winners, each the one that follows.`;
      } else if (withoutWithdrawn !== null && same(recorded.map(winText), withoutWithdrawn.map(winText))) {
        this.fault("withdrawn", "The winners are those of a draw in which nobody was withdrawn.");
      } else if (same(sorted(recorded), sorted(follow))) {
        this.fault("winners", "The winners are the ones that follow, but not in the order of prizes and ranks.");
      } else {
        this.nameDifferent(places(follow), places(recorded));
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
      const {strength, mode, fallbackReason: reason} = this.record;
      if (reason !== null && !(isText(reason) && reason)) {
        this.fault("strength", "fallbackReason is neither text nor null.");
        return;
      }
      if (!STRENGTHS.includes(strength)) {
        this.fault("strength", `The strength is none of ${STRENGTHS.join(", ")}.`);
        return;
      }
      const delegated = strength === "delegated";
      if (reason !== null && (mode !== "delegated-draw" || delegated || this.status !== "COMPLETED")) {
        this.fault("strength", "The record says why an app could not choose, and none was to choose, or one did.");
        return;
      }
      const expected = isBlank(this.plan) ? "committed" : "committed+entropy";
      if (this.hasFault("entropyPlan", "entropy", "mode")) {
        this.skipped.strength = "Not checked: the mode, the plan or the public value is wrong.";
      } else if (delegated && this.status !== "COMPLETED") {
        this.fault("strength", "An app has chosen nothing yet.");
      } else if (delegated && mode === "draw") {
        this.fault("strength", "An app chose the winners, and that was not announced at the commit.");
      } else if (delegated) {
        this.found.strength = "delegated: an app chose the winners, only the commit was checked.";
        this.report.cautions.push("The app chose the winners: this record does not prove that chance did.");
      } else if (this.status === "COMPLETED" && mode === "delegated-refuse") {
        this.fault("strength", "If the app does not choose there is no result, and yet the platform drew.");
      } else if (strength !== expected) {
        this.fault("strength", `The strength is ${expected}: the plan for a public value decides it.`);
      } else if (this.status !== "COMPLETED") {
        this.skipped.strength = "The strength is known after the run.";
      } else if (strength === "committed") {
        this.found.strength = "committed: nothing could be changed after the commit.";
      } else {
        this.found.strength = "committed+entropy: nobody could know the result at the commit either.";
      }
    }

    sayWhatIsNotProven() {
      const {report, record} = this;
      if (record.mode === "delegated-draw") {
        report.cautions.push(
          "An app was announced to choose, and the platform to draw if it fails: "
          + "the platform could choose between two results.",
        );
      }
      if (this.isReceipt) {
        report.cautions.push(
          "A receipt proves the entries that it shows. People who stand twice or do not exist are seen in the "
          + "whole record alone, which is public from the commit on.",
        );
      }
      report.notProven.push("today's names of people");
      if (this.status === "COMPLETED") report.notProven.push("the time of the run");
      else if (this.entropyText) {
        report.notProven.push("the public value, from which nothing follows as long as there is no result");
      }
      if (whole(record.withdrawnCount, MAX_NUMBER)) {
        report.notProven.push("when, by whom and why people were withdrawn, and who of those that never came up");
      }
      if (record.fallbackReason !== null) report.notProven.push("why the app did not choose");
    }
  }

  /** Equal texts, or lists of equal texts and numbers. */
  function same(one, other) {
    if (!Array.isArray(one) || !Array.isArray(other)) return one === other;
    return one.length === other.length && one.every((value, at) => value === other[at]);
  }

  const winText = (win) => `${win.prizeId}\n${win.rank}\n${win.participantId}`;
  const place = (prizeId, rank) => `${prizeId}\n${rank}`;
  const splitPlace = (key) => {
    const at = key.lastIndexOf("\n");
    return [key.slice(0, at), Number(key.slice(at + 1))];
  };
  const places = (wins) => new Map(wins.map((win) => [place(win.prizeId, win.rank), win.participantId]));

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

  /** Every step of a record or receipt that JSON.parse gave. `shown` is what a screen or a phone showed at the commit,
   *  `entry` an id that has to be among the entries. Never throws, whatever the record is. */
  function checkRecord(record, {shown = null, entry = null} = {}) {
    return new Check(record, shown, entry).report;
  }

  const verifyRecord = (record) => checkRecord(record).faults;

  /** One's own entry in a record or receipt that was checked; null where it shows none. `position` counts from 1.
   *  `places` says for each of the first 20 prizes where it stands in the whole order, null where a receipt or an open
   *  draw does not show it; `wins` what it won, null where there is no recomputed result. */
  function findEntry(report, participantId) {
    const {entries} = report;
    let at = -1;
    let weight = 0;
    if (entries !== null) {
      at = entries.findIndex(([id]) => id === participantId);
      if (at >= 0) weight = entries[at][1];
    } else {
      const leaf = (report.leaves || []).find((one) => one.participantId === participantId);
      if (leaf) ({position: at, weight} = leaf);
    }
    if (at < 0) return null;
    let places = null;
    if (entries !== null && report.root !== null) {
      const pool = new Pool(entries);
      const root = fromHex(report.root);
      places = report.rules.slice(0, 20).map(([prizeId]) => {
        let before = 0;
        for (const one of pool.order(prizeKey(root, prizeId))) {
          before += 1;
          if (one === at) break;
        }
        return {prizeId, place: before};
      });
    }
    return {
      participantId,
      weight,
      totalWeight: report.totalWeight,
      position: at + 1,
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
    VERSION, STEPS, InvalidInput, Tree, Pool, sha256, sha256Hex, hmacSha256, utf8, toHex, fromHex, compareIds,
    sortEntries, orderedEntries, checkRules, labelOf, commitmentOf, rulesText, rulesHash, textHash, fingerprintOf,
    shortFingerprint, rootOf, prizeKey, wordsOf, below, drawOrder, pickWinners, checkEntropy, readTree, receiptOf, show,
    checkRecord, verifyRecord, findEntry, readRecord,
  });
  if (typeof module === "object" && module.exports) module.exports = FairDraw;
  else global.FairDraw = FairDraw;
})(typeof self === "undefined" ? this : self);
