/* The quiz on the big screen, as the global `ScreenQuiz`: the question and its time, how the answers fell, the solution.
 *
 *   const view = new ScreenQuiz(root, {now});    view.show(quiz, people)   quiz-state.js; people: how many are there
 *   ScreenQuiz.board(list, quiz)                 the leaderboard, in any list */
"use strict";

(function () {
  const {make, number} = Page;
  const {fit} = ScreenParts;
  const LETTERS = "ABCDEF";
  const SHAPES = "▲◆●■★⬢";
  const BEST = 8;

  class ScreenQuiz {
    constructor(root, {now}) {
      Object.assign(this, {root, now});
      const part = (name) => root.querySelector(`[data-part=${name}]`);
      this.parts = {text: part("text"), options: part("options"), bar: part("bar"), count: part("count"), place: part("place")};
      this.tick = this.tick.bind(this);
    }

    show(quiz, people) {
      this.quiz = quiz;
      const {question} = quiz;
      this.root.dataset.stage = !question ? "waiting" : question.correctIndex !== null ? "solved" : question.closedAt ? "closed" : "open";
      const {text, options, count, place} = this.parts;
      if (!question) {
        text.textContent = quiz.totalQuestions ? ngettext("A quiz of %(n)s question", "A quiz of %(n)s questions", quiz.totalQuestions) : gettext("The quiz begins soon.");
        place.textContent = count.textContent = "";
        options.replaceChildren();
        fit(text, 12);
        return;
      }
      place.textContent = Page.fill(gettext("Question %(n)s of %(all)s"), {n: number(quiz.questionIndex + 1), all: number(quiz.totalQuestions)});
      text.textContent = question.text;
      options.replaceChildren(...question.options.map((each, index) => this.option(each, index)));
      options.dataset.many = question.options.length > 4;
      options.querySelectorAll(".words").forEach((each) => fit(each, 6.5));
      fit(text, 9);
      count.textContent = this.words(people);
      this.go();
    }

    option(text, index) {
      const {distribution, correctIndex, answerCount} = this.quiz.question;
      const right = correctIndex === null ? null : correctIndex === index;
      const part = distribution && answerCount ? distribution[index] / answerCount : 0;
      const element = make("li", {"data-option": LETTERS[index].toLowerCase(), "data-right": right === null ? null : String(right)},
        make("span", {class: "mark", text: `${LETTERS[index]} ${SHAPES[index]}`}), make("span", {class: "words", text}));
      if (distribution) {
        element.append(make("span", {class: "number fell", text: `${right ? "✓ " : ""}${number(distribution[index])}`}));
        element.style.setProperty("--part", part.toFixed(3));
        element.classList.add("counted");
      }
      return element;
    }

    words(people) {
      const {question, winner} = this.quiz;
      if (question.correctIndex !== null && winner) return Page.fill(gettext("%(name)s was first."), {name: winner.participantName});
      if (question.correctIndex !== null && question.distribution) {
        return ngettext("%(n)s right answer", "%(n)s right answers", question.distribution[question.correctIndex]);
      }
      const answered = ngettext("%(n)s answer", "%(n)s answers", question.answerCount);
      return question.closedAt ? answered : Page.fill(gettext("%(answers)s · %(people)s here"), {answers: answered, people: number(people)});
    }

    // --- The time -------------------------------------------------------------------------------------------------------

    left() {
      const {question} = this.quiz;
      if (!question || !question.endsAt || question.closedAt) return null;
      const whole = Date.parse(question.endsAt) - Date.parse(question.shownAt);
      return Math.max(0, Math.min(1, (Date.parse(question.endsAt) - this.now()) / whole));
    }

    go() {
      cancelAnimationFrame(this.frame);
      this.tick();
    }

    tick() {
      const left = this.left();
      this.parts.bar.dataset.on = left !== null;
      if (left === null) return;
      this.parts.bar.style.setProperty("--left", left.toFixed(4));
      this.parts.bar.dataset.short = left < 0.25;
      if (left > 0) this.frame = requestAnimationFrame(this.tick);
    }

    stop() {
      cancelAnimationFrame(this.frame);
    }

    static board(list, {leaderboard = []}) {
      list.replaceChildren(...leaderboard.slice(0, BEST).map(({place, participantName, points}) => make("li", {"data-place": place},
        make("span", {class: "number place", text: `${number(place)}.`}), make("span", {class: "name", text: participantName}),
        make("span", {class: "number", text: ngettext("%(n)s point", "%(n)s points", points)}))));
    }
  }

  window.ScreenQuiz = ScreenQuiz;
})();
