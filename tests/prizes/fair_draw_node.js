// Runs fair-draw.js in node for the tests: a JSON list of [function, ...arguments] on standard input, the answers out.
"use strict";

const path = require("path");
const FairDraw = require(path.join(__dirname, "../../platform_site/static/js/fair-draw.js"));

const calls = {
  /** The report in the shape of Report.as_json(): without the entries and rules that pages keep for findEntry. */
  check(text, shown) {
    const report = FairDraw.checkRecord(FairDraw.readRecord(text), {shown});
    delete report.sortedEntries;
    delete report.rules;
    return report;
  },
  find(text, id) {
    const record = FairDraw.readRecord(text);
    return FairDraw.findEntry(record, FairDraw.checkRecord(record), id);
  },
  /** All intermediate values of a draw, for the vectors. */
  derive({label, seq, seed, entries, prizes, distinct, plan, entropy}) {
    const bytes = FairDraw.fromHex(seed);
    const sorted = FairDraw.sortEntries(entries);
    const rules = FairDraw.checkRules(prizes);
    const values = {
      commitment: FairDraw.commitmentOf(bytes),
      entriesHash: FairDraw.entriesHash(sorted),
      rulesHash: FairDraw.rulesHash(rules, distinct),
      planHash: FairDraw.textHash(plan),
      entropyHash: FairDraw.textHash(entropy),
    };
    values.fingerprint = FairDraw.fingerprintOf({label, seq, ...values});
    const root = FairDraw.rootOf({seed: bytes, fingerprint: values.fingerprint, entropy});
    values.root = FairDraw.toHex(root);
    values.keys = {};
    values.firstWords = {};
    values.orders = {};
    for (const [prizeId] of rules) {
      const key = FairDraw.prizeKey(root, prizeId);
      values.keys[prizeId] = FairDraw.toHex(key);
      values.firstWords[prizeId] = FairDraw.wordsOf(key)().toString();
      values.orders[prizeId] = [...FairDraw.drawOrder(key, sorted)];
    }
    values.winners = FairDraw.pickWinners({root, pool: new FairDraw.Pool(sorted), prizes: rules, distinct});
    return values;
  },
  sha256: (hex) => FairDraw.toHex(FairDraw.sha256(FairDraw.fromHex(hex))),
  hmac: (key, message) => FairDraw.toHex(FairDraw.hmacSha256(FairDraw.fromHex(key), FairDraw.fromHex(message))),
  below(n, words) {
    const given = words.map(BigInt);
    return FairDraw.below(n, () => given.shift());
  },
  /** What the script leaves behind in a page or a worker, where there is neither `module` nor `require`. */
  browser() {
    const page = {TextEncoder};
    page.self = page;
    const before = Object.keys(page);
    const source = path.join(__dirname, "../../platform_site/static/js/fair-draw.js");
    require("vm").runInNewContext(require("fs").readFileSync(source, "utf8"), page);
    if (page.FairDraw.sha256Hex("").slice(0, 8) !== "e3b0c442") throw new Error("the page's script does not work");
    return Object.keys(page).filter((name) => !before.includes(name));
  },
  timed(text) {
    const start = process.hrtime.bigint();
    const report = calls.check(text, null);
    return {ok: report.ok, seconds: Number(process.hrtime.bigint() - start) / 1e9};
  },
};

const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(asked.map(([name, ...given]) => calls[name](...given))));
