/* The quiz on the page of a room, in #game: the question with large targets, one's own answer, how it went, the board.
 * What is right is known here when everybody may know it: the server sends it no sooner. */
"use strict";

RoomPage.ready((live, {game: place}) => {
  const {make, fill} = Page;
  const MARKS = ["A ▲", "B ◆", "C ●", "D ■", "E ★", "F ⬢"];
  const TOLD = 10; // places of the board
  let quiz = null;
  let mine = null; // {questionId, answerIndex, sent}
  let refusal = "";
  let clock = null;

  async function read() {
    try {
      quiz = QuizState.start(await live.ask("quiz:state", {roomId: live.roomId}));
    } catch (error) {
      if (error instanceof Live.Lost) return; // asked again when the line is back
      if (!(error instanceof Live.Refused)) throw error;
      quiz = null;
    }
    const own = quiz && quiz.me && quiz.question ? quiz.me.answerIndex : null;
    if (own !== null) mine = {questionId: quiz.question.id, answerIndex: own, sent: true};
    render();
  }

  async function answer(index) {
    const {question} = quiz;
    const given = {questionId: question.id, answerIndex: index, sent: false};
    mine = given;
    refusal = "";
    render();
    try {
      await live.ask("quiz:answer", {roomId: live.roomId, questionId: question.id, answerIndex: index});
      given.sent = true;
    } catch (error) {
      if (mine === given) mine = null;
      if (error instanceof Live.Lost) refusal = gettext("Your answer may not have arrived. Choose again.");
      else if (error instanceof Live.Refused) {
        refusal = error.details.reason === "too_fast" ? gettext("That was too fast. Choose again.") : error.message;
        if (error.details.reason !== "too_fast") read();
      } else throw error;
    }
    render();
  }

  function option(text, index) {
    const {question} = quiz;
    const chosen = mine && mine.questionId === question.id ? mine.answerIndex : null;
    const over = question.closedAt !== null;
    const solved = question.correctIndex !== null;
    const button = make("button", {
      type: "button",
      class: "option",
      "data-option": "abcdef"[index],
      "aria-pressed": String(chosen === index),
    }, make("span", {class: "mark", text: MARKS[index]}), make("span", {class: "grow", text}));
    if (solved) button.dataset.right = String(index === question.correctIndex);
    button.disabled = over || chosen !== null || !canPlay();
    if (question.distribution) button.append(make("span", {class: "number", text: Page.number(question.distribution[index])}));
    button.addEventListener("click", () => answer(index));
    return make("li", {}, button);
  }

  const canPlay = () => Boolean(live.state.me) && live.state.me.role === "PARTICIPANT" && !isLate();
  const isLate = () => Boolean(quiz.me && quiz.me.playsFrom === "next");

  function said() {
    const {question, winner} = quiz;
    const chosen = mine && mine.questionId === question.id ? mine : null;
    if (refusal) return refusal;
    if (isLate()) return gettext("You play from the next question.");
    if (question.correctIndex !== null) {
      if (winner && live.state.me && winner.participantId === live.state.me.id) return gettext("You were first!");
      if (!chosen) return gettext("You gave no answer.");
      return chosen.answerIndex === question.correctIndex ? gettext("Right!") : gettext("Not this time.");
    }
    if (question.closedAt !== null) return chosen ? gettext("Time is up. Wait for the solution.") : gettext("Time is up.");
    if (chosen) return chosen.sent ? gettext("Your answer is in.") : gettext("Sending your answer…");
    return canPlay() ? gettext("Choose one answer.") : "";
  }

  function seconds() {
    const {question} = quiz;
    if (!question.endsAt || question.closedAt !== null) return "";
    return Page.number(Math.max(0, Math.ceil((Date.parse(question.endsAt) - live.now()) / 1000)));
  }

  function board() {
    const own = live.state.me && live.state.me.id;
    const rows = quiz.leaderboard.map((each, index) => ({...each, place: index + 1})).filter(({place: at, participantId}) => at <= TOLD || participantId === own);
    const byPoints = quiz.leaderboard.some(({points}) => points > 0);
    return make("ol", {class: "list board"}, ...rows.map((each) => make("li", {value: each.place, class: each.participantId === own ? "mine" : null},
      make("span", {class: "grow", text: each.participantName}),
      make("span", {class: "number", text: byPoints ? ngettext("%(n)s point", "%(n)s points", each.points) : Page.number(each.wins)}))));
  }

  function render() {
    clearInterval(clock);
    place.hidden = !quiz;
    if (!quiz) return;
    const {question} = quiz;
    const parts = [];
    if (quiz.status === "FINISHED") {
      parts.push(make("h2", {text: gettext("The quiz is over.")}), board());
    } else if (!question) {
      parts.push(make("h2", {text: gettext("The quiz begins soon.")}));
    } else {
      const left = make("p", {class: "countdown number", "aria-hidden": "true", text: seconds()});
      parts.push(
        make("p", {class: "soft", text: fill(gettext("Question %(n)s of %(all)s"), {n: quiz.questionIndex + 1, all: quiz.totalQuestions})}),
        make("h2", {text: question.text}), left,
        make("ol", {class: "options"}, ...question.options.map(option)),
        make("p", {class: "said", role: "status", text: said()}),
      );
      if (question.correctIndex !== null && quiz.leaderboard.length) parts.push(board());
      if (seconds() !== "") clock = setInterval(() => { left.textContent = seconds(); }, 250);
    }
    place.replaceChildren(make("section", {class: "card quiz"}, ...parts));
  }

  live.on("connection", ({state}) => {
    if (state === "live") read(); // after a drop, too: the answer may be in though its word was lost
  });
  live.on("change", (state, frame) => {
    if (!frame || !quiz || !frame.event.startsWith("quiz:")) return;
    if (frame.event === "quiz:question_shown") {
      refusal = "";
      if (quiz.me) quiz = {...quiz, me: {...quiz.me, playsFrom: "now"}};
    }
    quiz = QuizState.reduce(quiz, frame.event, frame.data);
    render();
  });
  if (live.connection.state === "live") read();
});
