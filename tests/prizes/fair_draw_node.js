// Runs fair-draw.js in node for the tests: a JSON list of [function, ...arguments] on standard input, the answers out.
"use strict";

const path = require("path");
const FairDraw = require(path.join(__dirname, "../../platform_site/static/js/fair-draw.js"));

const calls = {
  /** The report in the shape of Report.as_json(): without what pages keep for findEntry. */
  check(text, shown, entry = null) {
    const {entries, leaves, rules, ...report} = FairDraw.checkRecord(FairDraw.readRecord(text), {shown, entry});
    return report;
  },
  find(text, id) {
    return FairDraw.findEntry(FairDraw.checkRecord(FairDraw.readRecord(text)), id);
  },
  receipt: (text, id) => FairDraw.receiptOf(FairDraw.readRecord(text), id),
  /** All intermediate values of a draw, for the vectors. */
  derive: (source, text) => new Function("FairDraw", `return ${source}`)(FairDraw)({record: JSON.parse(text)}),
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
};

const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(asked.map(([name, ...given]) => calls[name](...given))));
