/* What every page needs, as the global `Page`: words in the reader's language, times in their zone, small parts.
 *
 *   gettext(text)                                                the reader's words for an English text
 *   ngettext(one, many, n)                                      by number, in the language's own plural; fills in n
 *   Page.fill("%(name)s won %(prize)s", {name, prize})         puts values into a text, as text
 *   Page.make("li", {class: "person", text: name}, child, …)   an element; text is never HTML
 *   Page.time(iso, zone)                                       "24 Nov 2026, 19:30", and the event's zone where it differs
 *
 * Only literal texts in double quotes are found for translation (manage.py translations). No script of ours writes HTML
 * from data, and none holds words of its own in another language. */
"use strict";

(function () {
  const {language = "en", words = {}} = window.Words || {};
  const plurals = new Intl.PluralRules(language);
  // The order of gettext's plural forms in each language that we speak.
  const FORMS = {en: ["one", "other"], ru: ["one", "few", "many"]}[language] || ["one", "other"];

  window.gettext = (text) => (words[text] ? words[text][0] : text);

  window.ngettext = (one, many, n) => {
    const known = words[one];
    const form = FORMS.indexOf(plurals.select(n));
    const text = known ? known[form < 0 ? known.length - 1 : form] : n === 1 ? one : many;
    return fill(text, {n: number(n)});
  };

  function fill(text, values) {
    return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole));
  }

  function number(n) {
    return new Intl.NumberFormat(language).format(n);
  }

  function make(tag, options = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(options)) {
      if (name === "text") element.textContent = value;
      else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  // --- Times ----------------------------------------------------------------------------------------------------------

  const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const locale = language === "ru" ? "ru-RU" : "en-GB";

  function told(date, zone, parts) {
    // en-GB writes "24 Nov 2026, 19:30", ru-RU "24 нояб. 2026 г., 19:30".
    const format = {day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23"};
    return new Intl.DateTimeFormat(locale, {...format, ...parts, timeZone: zone}).format(date).replace(" г.,", ",");
  }

  /** In the reader's zone; where the event's own differs at that moment, that one in brackets with its name. */
  function time(iso, zone) {
    const date = new Date(iso);
    if (Number.isNaN(date.getTime())) return "";
    const own = told(date, ownZone);
    let there = own;
    try {
      there = zone ? told(date, zone) : own;
    } catch {
      return own; // a zone that this phone does not know
    }
    if (there === own) return own;
    // On the same day the hour there is all that differs.
    const [day, hour] = there.split(/, (?=\d\d:)/);
    const other = own.startsWith(day) ? hour : there;
    return fill(gettext("%(own)s (%(there)s, %(zone)s)"), {own, there: other, zone: zone.replace(/_/g, " ")});
  }

  function showTimes(root = document) {
    for (const element of root.querySelectorAll("time[datetime]")) {
      element.textContent = time(element.getAttribute("datetime"), element.dataset.zone);
    }
  }

  // --- Forms: one press is one request ----------------------------------------------------------------------------------

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    if (form.method !== "post" || event.defaultPrevented) return;
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 8000);
  });
  // Back from the browser's memory: everything may be pressed again.
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

  window.Page = {language, fill, number, make, time, showTimes};
  showTimes();
})();
