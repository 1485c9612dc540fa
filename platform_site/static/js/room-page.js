/* The page of a room, as the global `RoomPage`: follows the room and keeps the lists of templates/pages/room.html true.
 *
 *   RoomPage.ready((live, parts) => …)   for scripts built on top (draws, the quiz): called once, with the live client
 *                                        (live.js) and the mount points {win, draw, game, action, place}. A mount point
 *                                        is shown by taking `hidden` away, and belongs to one script.
 *   RoomPage.render()                    draws the lists anew from live.state
 *
 * Wins that may not be shown yet (live.isHeld) are in no list, count or announcement here. */
"use strict";

(function () {
  const byId = (id) => document.getElementById(id);
  const {make, number} = Page;
  const snapshot = JSON.parse(byId("snapshot").textContent);
  const roomId = snapshot.room.id;

  const live = Live.follow({
    roomId,
    snapshot,
    reload: async () => {
      const answer = await fetch(`/rooms/${roomId}/state.json`, {cache: "no-store", headers: {Accept: "application/json"}});
      if (!answer.ok) throw new Error(`state.json answered ${answer.status}`);
      return answer.json();
    },
  });

  // --- The lists ------------------------------------------------------------------------------------------------------

  /** Makes the children of `list` those of `items`, in order; an element that stays is kept, so nothing jumps. */
  function sync(list, items, build) {
    const known = new Map([...list.children].map((child) => [child.dataset.id, child]));
    const wanted = items.map((item) => {
      const element = build(item);
      element.dataset.id = item.id;
      const before = known.get(item.id);
      if (!before) {
        element.classList.add("arrived");
        return element;
      }
      return before.outerHTML.replace(" arrived", "") === element.outerHTML ? before : element;
    });
    list.replaceChildren(...wanted);
  }

  function own(participantId) {
    const {me} = live.state;
    return me && me.id === participantId ? "mine" : null;
  }

  function prizeItem(prize) {
    const left = prize.quantityRemaining + heldOf(prize.id);
    const words = left > 0 ? ngettext("%(n)s left", "%(n)s left", left) : gettext("all won");
    return make("li", {class: left > 0 ? null : "none-left"},
      make("span", {class: "grow", text: prize.name}), make("span", {class: "tag number", text: words}));
  }

  function winnerItem(winner) {
    const grow = make("span", {class: "grow"}, make("strong", {text: winner.participant.user.name}), make("br"),
      make("span", {class: "soft", text: winner.prize.name}));
    return make("li", {class: own(winner.participantId)}, grow);
  }

  function heldOf(prizeId) {
    return live.state.winners.filter((each) => each.prizeId === prizeId && live.isHeld(each)).length;
  }

  function render() {
    const {room, people, prizes, winners} = live.state;
    const shown = winners.filter((each) => !live.isHeld(each));
    byId("room-name").textContent = room.name;
    byId("people-count").textContent = ngettext("%(n)s person", "%(n)s people", room.participantCount);
    byId("people-shown").textContent = `(${number(room.participantCount)})`;
    const total = room.winnerCount - (winners.length - shown.length);
    byId("winners-count").textContent = `(${number(Math.max(total, shown.length))})`;
    byId("room-status").replaceChildren(statusTag(room.status));
    sync(byId("prizes"), prizes, prizeItem);
    byId("no-prizes").hidden = prizes.length > 0;
    sync(byId("winners"), shown, winnerItem);
    byId("no-winners").hidden = shown.length > 0;
    sync(byId("people"), people, (each) => make("li", {class: own(each.id), text: each.user.name}));
    const ticket = live.state.me && live.state.me.metadata && live.state.me.metadata.ticketNumber;
    if (byId("ticket") && ticket !== undefined && ticket !== null) byId("ticket").textContent = ticket;
    waitForNext(winners);
  }

  function statusTag(status) {
    const words = {ACTIVE: gettext("Running"), DRAFT: gettext("Not started"), COMPLETED: gettext("Finished"), CANCELLED: gettext("Cancelled")};
    return make("span", {class: {ACTIVE: "tag good", DRAFT: "tag wait"}[status] || "tag", text: words[status] || status});
  }

  // The next win that may be shown brings the lists up to date by itself.
  let cancelWait = () => {};
  function waitForNext(winners) {
    cancelWait();
    const times = winners.filter((each) => live.isHeld(each)).map((each) => each.revealAt).sort();
    cancelWait = times.length ? live.at(times[0], render) : () => {};
  }

  // --- The line ---------------------------------------------------------------------------------------------------------

  function showConnection(connection) {
    const {dot, word, text} = Live.sentence(connection);
    const state = byId("state");
    state.dataset.state = dot;
    state.textContent = word;
    const notice = byId("notice");
    notice.hidden = !text;
    notice.dataset.state = dot;
    notice.replaceChildren(text);
    if (connection.state === "signed-out" || connection.state === "gone") {
      const again = make("a", {class: "button wide", href: connection.state === "gone" ? "/" : location.pathname});
      again.textContent = connection.state === "gone" ? gettext("To the start") : gettext("Load the page again");
      notice.append(again);
    }
  }

  // --- The start --------------------------------------------------------------------------------------------------------

  const parts = Object.fromEntries(["win", "draw", "game", "action", "place"].map((id) => [id, byId(id)]));
  let waiting = 0;
  live.on("change", () => {
    // A hall that comes in at once is drawn once a frame, not once a person.
    waiting = waiting || requestAnimationFrame(() => {
      waiting = 0;
      render();
    });
  });
  live.on("connection", showConnection);
  // Whether a button to join or a ticket is there is the server's to render.
  live.on("participant:joined", ({participant}) => {
    if (!live.state.me && participant.userId === document.body.dataset.user) location.reload();
  });

  window.RoomPage = {ready: (call) => call(live, parts), render};
  showConnection(live.connection);
  render();
})();
