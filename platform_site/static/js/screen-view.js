/* What stands on the big screen, as the global `ScreenView`: one mode at a time, and the frame around it. Knows no socket.
 *
 *   const view = ScreenView.make({drawOf, revealed, now});    the first three as in screen-draw.js
 *
 *   view.show({state, screen, quiz, join}, {live})
 *     state    as RoomState keeps it        screen   {mode, drawId, prizeId, message, hideNames, rehearsal}
 *     quiz     as QuizState keeps it, null in rooms without one
 *     join     {path, address} of the way in, or null
 *     live     the event that has just come, or null; a draw's completion is played, an older one stands there
 *   view.connection(sentence)                Live.sentence
 *   view.skip() */
"use strict";

(function () {
  const {make} = Page;
  const {fit, qr, Wall, Arrivals} = ScreenParts;
  const PLACES = 7; // names at a time in the lobby
  const byId = (id) => document.getElementById(id);

  function makeView({drawOf, revealed, now}) {
    const modes = Object.fromEntries([...document.querySelectorAll("[data-mode]")].map((each) => [each.dataset.mode, each]));
    const draw = new ScreenDraw(modes.DRAW, {drawOf, revealed, now});
    const quiz = new ScreenQuiz(modes.QUIZ, {now});
    const arrivals = new Arrivals(byId("arrivals"), PLACES);
    const prizes = new Wall(byId("screen-prizes"), prizeItem);
    const winners = new Wall(byId("screen-winners"), (each) => winnerItem(each, !winners.hasOnePrize), () => !winners.hasOnePrize);
    let mode = "";
    let text = "";

    function enter(next) {
      if (mode === next) return;
      if (mode === "DRAW") draw.stop();
      if (mode === "QUIZ") quiz.stop();
      prizes.stop();
      winners.stop();
      for (const [name, element] of Object.entries(modes)) element.hidden = name !== next;
      document.body.dataset.showing = next;
      mode = next;
    }

    const RENDER = {
      LOBBY: ({state, join}) => {
        lobby(join, state.room);
        byId("nobody-yet").hidden = state.room.participantCount > 0 || !join;
        arrivals.show(state.people.filter(({role}) => role === "PARTICIPANT"));
      },
      PRIZES: ({state}) => {
        byId("no-screen-prizes").hidden = state.prizes.length > 0;
        prizes.show(state.prizes);
      },
      DRAW: ({state, screen}, frame) => {
        const shown = state.draws.find(({id}) => id === screen.drawId);
        byId("draw-missing").hidden = Boolean(shown);
        if (!shown) {
          draw.stop();
          modes.DRAW.dataset.stage = "missing";
        }
        if (shown) draw.show(shown, {live: frame !== null && frame.event === "draw:completed" && frame.data.drawId === shown.id && !frame.data.replayed});
      },
      WINNERS: ({state, screen}) => {
        const shown = state.winners.filter(({prizeId, drawId}) =>
          (!screen.prizeId || prizeId === screen.prizeId) && (!screen.drawId || drawId === screen.drawId));
        winners.hasOnePrize = Boolean(screen.prizeId);
        const prize = state.prizes.find(({id}) => id === screen.prizeId);
        byId("winners-title").textContent = prize ? prize.name : gettext("Winners");
        fit(byId("winners-title"), 7);
        byId("no-screen-winners").hidden = shown.length > 0;
        winners.show(shown);
      },
      QUIZ: ({state, quiz: game}) => game && quiz.show(game, state.room.participantCount),
      LEADERBOARD: ({quiz: game}) => {
        ScreenQuiz.board(byId("board"), game || {});
        byId("no-board").hidden = Boolean(game) && game.leaderboard.length > 0;
      },
      MESSAGE: ({screen}) => {
        if (text !== screen.message) byId("message").textContent = text = screen.message || "";
        fit(byId("message"), 15);
      },
      BLANK: () => {},
    };

    function show(whole, {live = null} = {}) {
      const {state, screen} = whole;
      enter(RENDER[screen.mode] ? screen.mode : "BLANK");
      frame(whole, state.draws.find(({id}) => id === screen.drawId));
      if (RENDER[mode]) RENDER[mode](whole, live);
    }

    return {show, connection, skip: () => draw.skip(), draw};
  }

  // --- The frame --------------------------------------------------------------------------------------------------------

  function frame({state, screen, join}, draw) {
    const {room} = state;
    byId("screen-room").textContent = room.name;
    byId("screen-people").textContent = ngettext("%(n)s here", "%(n)s here", room.participantCount);
    const theme = room.appSettings && room.appSettings.theme;
    if (theme) document.documentElement.dataset.skin = theme;
    else delete document.documentElement.dataset.skin;
    const isRehearsal = Boolean(screen.rehearsal || (screen.mode === "DRAW" && draw && draw.rehearsal));
    byId("rehearsal").hidden = !isRehearsal;
    corner(byId("corner"), join);
    proof(byId("proof"), screen.mode === "DRAW" ? draw : null);
  }

  function corner(element, join) {
    const path = join ? join.path : "";
    if (element.dataset.path === path) return;
    element.dataset.path = path;
    element.replaceChildren(...(join ? [qr(path, gettext("Code to join")), joinWords(join)] : []));
  }

  /** An address in two lines that no type is too large for: where, and the code. */
  function addressLines(address) {
    const cut = address.indexOf("/j/");
    return [address.slice(0, cut), address.slice(cut)].map((text) => make("strong", {text}));
  }

  function joinWords({address}) {
    return make("p", {class: "address", title: gettext("Join at")}, ...addressLines(address));
  }

  function lobby(join, {id}) {
    const element = byId("way-in");
    const key = `${id} ${join ? join.path : ""}`;
    if (element.dataset.key !== key) {
      element.dataset.key = key;
      const address = make("p", {class: "address"}, ...(join ? addressLines(join.address) : []));
      element.replaceChildren(...(join
        ? [qr(join.path, gettext("Code to join")), make("p", {class: "soft", text: gettext("Join at")}), address]
        : [make("p", {class: "soft", text: gettext("Nobody can join any more.")})]));
      if (join) fit(address, 7);
    }
  }

  /** The fingerprint before and after; the code of the page that checks the draw once it is over. */
  function proof(element, draw) {
    const key = draw ? `${draw.id} ${draw.status}` : "";
    if (element.dataset.key === key) return;
    element.dataset.key = key;
    element.replaceChildren();
    if (!draw || !draw.fingerprint) return;
    const groups = draw.fingerprint.slice(0, 16).match(/.{4}/g).join(" ");
    element.append(make("p", {class: "print"}, make("span", {class: "soft", text: gettext("Fingerprint")}), make("br"), make("span", {class: "mono", text: groups})));
    // A rehearsal has no public page.
    if (draw.status === "COMPLETED" && !draw.rehearsal) {
      element.append(qr(`/draws/${draw.id}/verify#fingerprint=${draw.fingerprint}`, gettext("Code of the page that checks this draw")));
    }
  }

  function connection({dot, word, text}) {
    const element = byId("state");
    element.dataset.state = dot;
    element.textContent = word;
    const notice = byId("stale");
    const old = text && dot !== "away";
    notice.hidden = !old;
    notice.textContent = old ? gettext("Connection lost: what stands here may be old. It comes back by itself.") : "";
    document.body.classList.toggle("stale", dot !== "live" && dot !== "away");
  }

  function prizeItem({name, quantityRemaining}) {
    const words = quantityRemaining > 0 ? ngettext("%(n)s left", "%(n)s left", quantityRemaining) : gettext("all won");
    return make("li", {class: quantityRemaining > 0 ? null : "gone"}, make("span", {class: "name", text: name}), make("span", {class: "soft number", text: words}));
  }

  function winnerItem({participant, prize}, saysPrize) {
    return make("li", {}, make("span", {class: "name", text: participant.user.name}), ...(saysPrize ? [make("span", {class: "soft", text: prize.name})] : []));
  }

  window.ScreenView = {make: makeView};
})();
