/* The big screen of a room: takes the key out of the address, follows the room, and hands what it hears to screen-view.js.
 *
 * The key comes in the fragment, which browsers send nowhere. It is taken out of the address bar, which a hall may read and
 * photograph, and kept for this tab alone: a reload goes on, another tab needs the link again. */
"use strict";

(function () {
  const byId = (id) => document.getElementById(id);
  const roomId = location.pathname.split("/")[2];
  const kept = `screen ${roomId}`;
  const RETRY = 4000;
  const MOST_TRIES = 3;

  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  if (given) sessionStorage.setItem(kept, given);
  if (location.hash) history.replaceState(null, "", location.pathname);
  const key = sessionStorage.getItem(kept);

  class NoEntry extends Error {}

  async function read(path) {
    const answer = await fetch(`/rooms/${roomId}/${path}`, {cache: "no-store", headers: {"X-Screen-Key": key, Accept: "application/json"}});
    if (answer.status === 401 || answer.status === 403 || answer.status === 404) throw new NoEntry();
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
    return answer.json();
  }

  function close() {
    document.querySelectorAll("[data-mode]").forEach((each) => { each.hidden = true; });
    for (const id of ["screen-room", "screen-people"]) byId(id).textContent = "";
    for (const id of ["corner", "proof"]) byId(id).replaceChildren();
    document.body.dataset.showing = "CLOSED";
    document.body.classList.remove("stale");
    byId("rehearsal").hidden = byId("stale").hidden = byId("state").hidden = byId("skip").hidden = true;
    byId("closed").hidden = false;
  }

  // --- The room ---------------------------------------------------------------------------------------------------------

  function follow(first) {
    let whole = first;
    let quiz = first.quiz && QuizState.start(first.quiz);
    const live = Live.follow({
      roomId,
      snapshot: first,
      credentials: {screenKey: key},
      reload: async () => {
        whole = await read("screen.json");
        quiz = whole.quiz && QuizState.start(whole.quiz);
        return whole;
      },
    });
    const view = ScreenView.make({
      now: () => live.now(),
      drawOf: async (id) => {
        for (let tries = 1; ; tries += 1) {
          try {
            return named(await read(`screen/draws/${id}.json`));
          } catch (error) {
            if (error instanceof NoEntry || tries === MOST_TRIES) throw error;
          }
        }
      },
      revealed: (id) => {
        if (live.state.revealed.has(id)) return;
        // Where it cannot be told (the line broke, the key was revoked), revealAt ends the wait of the phones.
        fetch(`/api/v1/rooms/${roomId}/draws/${id}/reveal`, {method: "POST", headers: {"X-Screen-Key": key}}).catch(() => {});
      },
    });

    const isHiding = () => Boolean(live.state.screen && live.state.screen.hideNames);
    const named = (draw) => (isHiding() ? {...draw, pool: draw.pool.map(ScreenParts.cut), winners: draw.winners.map((each) => ({...each, name: ScreenParts.cut(each.name)}))} : draw);
    const show = (frame = null) => {
      const seen = isHiding() ? ScreenParts.hidden({state: live.state, quiz}) : {state: live.state, quiz};
      view.show({...seen, screen: live.state.screen, join: whole.join}, {live: frame});
    };
    live.on("change", (state, frame) => {
      if (frame && quiz) quiz = QuizState.reduce(quiz, frame.event, frame.data);
      if (frame && frame.event === "draw:revealed") view.skip();
      lookFor(state);
      show(frame);
    });
    // Frames of a rehearsal stand in no log: one that was missed does not come again, so what is shown is read anew.
    let missed = "";
    const lookFor = ({screen, draws}) => {
      const id = screen && screen.drawId;
      if (!id || id === missed || draws.some((each) => each.id === id)) return;
      missed = id;
      live.refresh();
    };
    live.on("connection", (connection) => {
      if (connection.state === "gone" || connection.state === "signed-out") {
        live.close();
        close();
      } else {
        view.connection(Live.sentence(connection));
        // A new state is on its way already where the line could not be taken up again.
        if (connection.state === "live") queueMicrotask(() => live.waitingForState || live.refresh());
      }
    });
    view.connection(Live.sentence(live.connection));
    show();
    return {live, view, show};
  }

  async function start() {
    if (!key) return close();
    try {
      window.ScreenPage = follow(await read("screen.json"));
    } catch (error) {
      if (error instanceof NoEntry) close();
      else setTimeout(start, RETRY); // the server is not there yet: the dot says "connecting"
    }
  }

  // --- Whoever stands at the screen -----------------------------------------------------------------------------------------

  let pointed;
  addEventListener("pointermove", () => {
    document.body.classList.add("pointed");
    clearTimeout(pointed);
    pointed = setTimeout(() => document.body.classList.remove("pointed"), 3000);
  });

  async function fullscreen() {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen();
  }

  function sound() {
    ScreenSound.set(!ScreenSound.isOn());
    byId("sound").setAttribute("aria-pressed", String(ScreenSound.isOn()));
  }

  const skip = () => window.ScreenPage && window.ScreenPage.view.skip();
  byId("fullscreen").addEventListener("click", fullscreen);
  byId("fullscreen").hidden = !document.fullscreenEnabled;
  byId("sound").addEventListener("click", sound);
  byId("skip").addEventListener("click", skip);
  addEventListener("keydown", ({key: pressed, ctrlKey, metaKey, altKey}) => {
    if (ctrlKey || metaKey || altKey) return;
    if (pressed === "f") fullscreen();
    else if (pressed === "m") sound();
    else if (pressed === "s") skip();
  });
  let sized;
  addEventListener("resize", () => {
    clearTimeout(sized);
    sized = setTimeout(() => window.ScreenPage && window.ScreenPage.show(), 150);
  });

  /** The machine at the projector must not go to sleep. Browsers offer this over https and on localhost only. */
  async function stayAwake() {
    if (!navigator.wakeLock || document.visibilityState !== "visible") return;
    try {
      await navigator.wakeLock.request("screen");
    } catch (error) {
      if (error.name !== "NotAllowedError") throw error; // the battery is low, or the system says no
    }
  }
  document.addEventListener("visibilitychange", stayAwake);
  stayAwake();
  start();
})();
