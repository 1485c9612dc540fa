/* Where a quiz stands, as the global `QuizState`: the game's own state and one pure function that applies an event.
 *
 *   QuizState.start(state)                 of what quiz:state answers
 *   QuizState.reduce(quiz, event, data)    the state after an event; the old one is left as it was
 *
 * quiz: {status, questionIndex, totalQuestions, question, leaderboard, winner, me}
 *   question   null, or {id, text, options, timeLimit, shownAt, endsAt, closedAt, answerCount, distribution,
 *              correctIndex}; distribution from the close on, correctIndex from the solution on, null before
 *   winner     {participantId, participantName, …} of whoever had the first right answer to this question, or null */
"use strict";

(function () {
  function start(state) {
    return {leaderboard: [], question: null, me: null, winner: null, ...state};
  }

  function reduce(quiz, event, data) {
    const change = CHANGES[event];
    return change ? {...quiz, ...change(quiz, data)} : quiz;
  }

  const CHANGES = {
    "quiz:status_changed": (quiz, {newStatus, questionIndex}) => ({status: newStatus, questionIndex}),
    "quiz:question_shown": (quiz, {question, questionIndex, totalQuestions, shownAt, endsAt}) => ({
      status: "QUESTION_ACTIVE",
      questionIndex,
      totalQuestions,
      winner: null,
      question: {...question, shownAt, endsAt, closedAt: null, answerCount: 0, distribution: null, correctIndex: null},
    }),
    // These come unnumbered, and may be late: a count never falls.
    "quiz:answer_count": (quiz, {questionId, count}) =>
      about(quiz, questionId, ({answerCount}) => ({answerCount: Math.max(answerCount, count)})),
    "quiz:round_winner": (quiz, {winner}) => (isAbout(quiz, winner.questionId) ? {winner} : {}),
    "quiz:round_closed": (quiz, {questionId, distribution, correctIndex, leaderboard, timestamp}) => ({
      ...about(quiz, questionId, ({closedAt}) => ({
        distribution,
        correctIndex,
        closedAt: closedAt || timestamp,
        answerCount: distribution.reduce((sum, each) => sum + each, 0),
      })),
      ...(leaderboard ? {leaderboard} : {}),
    }),
    "quiz:finished": (quiz, {leaderboard}) => ({status: "FINISHED", leaderboard}),
  };

  const isAbout = ({question}, id) => Boolean(question) && question.id === id;

  function about(quiz, id, change) {
    return isAbout(quiz, id) ? {question: {...quiz.question, ...change(quiz.question)}} : {};
  }

  window.QuizState = {start, reduce};
})();
