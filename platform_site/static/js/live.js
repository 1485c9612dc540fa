/* The live client of a room's pages, as the global `Live`. No page opens a socket of its own.
 *
 *   const live = Live.follow({roomId, snapshot, reload, credentials});
 *
 *   snapshot   the first state, as the server rendered it: {room, me, people, prizes, winners, draws, seq, level, time}
 *   reload     async () => a new snapshot; asked when too much was missed, or the reader's role has changed
 *   credentials  what `auth` takes, such as {screenKey}; without them the page's own sign-in counts
 *
 *   live.state          what is known now (room-state.js says what is in it). Read it, never change it.
 *   live.on(name, fn)   "change" (state, frame|null) after every change of the state; "connection" (live.connection);
 *                       any event by its name ("draw:committed", "quiz:question_shown", …) with (data, live), after
 *                       "change". Events missed during a drop arrive late, in order; data.replayed is true on them.
 *                       Returns what takes the listener away again.
 *   live.ask(event, data)   a command; a promise of its answer. Rejects with Live.Refused {code, message, details} when
 *                       the server says no, or with Live.Lost when the connection broke before the answer: whether it
 *                       was done is then unknown, and the command must be one that may be repeated.
 *   live.now()          the server's clock in milliseconds, whatever this device's own says
 *   live.at(iso, fn)    calls fn at that moment of the server's clock, at once if it has passed; returns what cancels it
 *   live.isHeld(winner) whether a win must not be shown yet (revealAt, until draw:revealed)
 *   live.refresh()      asks `reload` again (what no event carries, such as one's own claim code)
 *   live.close()
 *
 *   live.connection     {state, organiserAway}; its sentence is Live.sentence(connection)
 *     connecting        at the start
 *     live              everything arrives
 *     reconnecting      the line to the server broke and is being mended; shown as a word only
 *     offline           this device has no network: "your connection is lost"
 *     server            the network is there, the server is not
 *     signed-out        this seat's sign-in has ended (never retried: the page must be loaded again)
 *     gone              the reader is not in the room any more, or may not see it (never retried)
 *   organiserAway       whoever runs the room was here and has left; only with state "live"
 *
 * How nothing is lost: every logged event has a number without gaps; after a drop the client says the last one it saw
 * and the level it was counted at, and gets the rest, or `resumed: false` and then the whole state anew. */
"use strict";

(function () {
  const FIRST_WAIT = 600;         // milliseconds; a whole hall must not come back in the same moment
  const LONGEST_WAIT = 15_000;
  const ANSWER_TIME = 10_000;     // an unanswered ping means a dead line (a locked phone, a changed network)
  const PING_EVERY = 25_000;
  const AWAY_AFTER = 12_000;      // the organiser's page may just be loading again
  const TOKEN_REFUSED = 4401;
  const TOO_MANY = 4429;

  class Refused extends Error {
    constructor({code, message, details = {}}) {
      super(message);
      Object.assign(this, {code, details});
    }
  }
  class Lost extends Error {}

  class Following {
    constructor({roomId, snapshot, reload, credentials = null, address = socketAddress(roomId, credentials)}) {
      Object.assign(this, {roomId, reload, credentials, address});
      this.listeners = new Map();
      this.asked = new Map();
      this.lastId = 0;
      this.failures = 0;
      this.closed = false;
      this.connection = {state: "connecting", organiserAway: false};
      this.clock = {server: Date.parse(snapshot.time), own: performance.now()};
      this.wall = Date.now();
      this.state = RoomState.start(snapshot);
      this.onWake = () => this.wake();
      addEventListener("online", this.onWake);
      addEventListener("offline", this.onWake);
      addEventListener("pageshow", this.onWake);
      document.addEventListener("visibilitychange", this.onWake);
      this.heart = setInterval(() => this.beat(), PING_EVERY);
      this.connect();
    }

    // --- Listeners ----------------------------------------------------------------------------------------------------

    on(name, listener) {
      if (!this.listeners.has(name)) this.listeners.set(name, new Set());
      this.listeners.get(name).add(listener);
      return () => this.listeners.get(name).delete(listener);
    }

    tell(name, ...args) {
      for (const listener of [...(this.listeners.get(name) || [])]) {
        try {
          listener(...args);
        } catch (error) {
          // One faulty listener must not stop the others, nor the numbering.
          setTimeout(() => { throw error; });
        }
      }
    }

    become(state) {
      if (this.connection.state === state) return;
      this.connection = {...this.connection, state};
      this.tell("connection", this.connection);
    }

    // --- The line -----------------------------------------------------------------------------------------------------

    connect() {
      clearTimeout(this.retry);
      if (this.closed || this.isOver() || this.socket) return;
      this.waitingForState = null;
      const socket = (this.socket = new WebSocket(this.address, ["event-platform"]));
      const givenUp = setTimeout(() => this.drop(socket), ANSWER_TIME);
      socket.onopen = () => {
        clearTimeout(givenUp);
        this.introduce();
      };
      socket.onmessage = ({data}) => socket === this.socket && this.take(JSON.parse(data));
      socket.onclose = ({code}) => {
        clearTimeout(givenUp);
        if (socket === this.socket) this.broke(code);
      };
    }

    drop(socket) {
      if (!socket || socket !== this.socket) return;
      socket.onclose = null;
      socket.close();
      this.broke(0);
    }

    broke(code) {
      this.socket = null;
      this.failAll();
      if (this.closed || this.isOver()) return;
      if (code === TOKEN_REFUSED) {
        this.become("signed-out");
        return;
      }
      this.failures += 1;
      this.watchOrganiser(null);
      if (!navigator.onLine) this.become("offline");
      else if (this.failures === 1) this.become("reconnecting");
      else this.whoseFault();
      const most = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.failures);
      const wait = code === TOO_MANY ? 60_000 : most / 2 + Math.random() * most / 2;
      this.retry = setTimeout(() => this.connect(), wait);
    }

    /** No socket: does the network answer at all? Any answer, be it an error, comes from beyond this device. */
    async whoseFault() {
      let state = "offline";
      try {
        await fetch("/health/live", {cache: "no-store", signal: timeLimit(5000)});
        state = "server";
      } catch {
        // Nothing came back: the state is what was assumed.
      }
      if (!this.socketIsOpen() && !this.isOver() && !this.closed) this.become(state);
    }

    /** Messages are answered in their order, so the subscription is asked for without waiting. */
    introduce() {
      if (this.credentials) {
        this.ask("auth", this.credentials).catch((error) => {
          if (error instanceof Refused) this.end("signed-out");
          else this.drop(this.socket);
        });
      }
      this.subscribe();
    }

    subscribe() {
      const {seq, level} = this.state;
      const since = seq === null ? {} : {since: seq, level};
      this.ask("room:subscribe", {roomId: this.roomId, ...since}).catch((error) => {
        if (error instanceof Refused && error.code === "NOT_FOUND") this.end("gone");
        else this.drop(this.socket);
      });
    }

    /** Something that often comes with a change of network: see whether the line still lives, or try at once. */
    wake() {
      if (this.closed || this.isOver()) return;
      if (!navigator.onLine && !this.socketIsOpen()) this.become("offline");
      if (document.visibilityState === "hidden") return;
      if (this.socket) this.beat();
      else if (navigator.onLine) this.connect();
    }

    beat() {
      if (this.socketIsOpen() && document.visibilityState !== "hidden") {
        const socket = this.socket;
        this.ask("ping").catch((error) => error instanceof Lost && this.drop(socket));
      }
    }

    socketIsOpen() {
      return Boolean(this.socket) && this.socket.readyState === WebSocket.OPEN;
    }

    isOver() {
      return this.connection.state === "signed-out" || this.connection.state === "gone";
    }

    end(state) {
      this.become(state);
      const socket = this.socket;
      this.socket = null;
      if (socket) socket.close();
      this.failAll();
    }

    close() {
      this.closed = true;
      clearInterval(this.heart);
      clearTimeout(this.retry);
      removeEventListener("online", this.onWake);
      removeEventListener("offline", this.onWake);
      removeEventListener("pageshow", this.onWake);
      document.removeEventListener("visibilitychange", this.onWake);
      this.end("gone");
    }

    // --- Commands -----------------------------------------------------------------------------------------------------

    ask(event, data = {}) {
      if (!this.socketIsOpen()) return Promise.reject(new Lost());
      const id = (this.lastId += 1);
      return new Promise((resolve, reject) => {
        const limit = setTimeout(() => this.settle(id, ({reject: refuse}) => refuse(new Lost())), ANSWER_TIME);
        this.asked.set(id, {resolve, reject, limit});
        this.socket.send(JSON.stringify({id, event, data}));
      });
    }

    settle(id, how) {
      const waiting = this.asked.get(id);
      if (!waiting) return;
      this.asked.delete(id);
      clearTimeout(waiting.limit);
      how(waiting);
    }

    failAll() {
      for (const id of [...this.asked.keys()]) this.settle(id, ({reject}) => reject(new Lost()));
    }

    // --- What comes ---------------------------------------------------------------------------------------------------

    take(frame) {
      if ("ack" in frame) {
        this.settle(frame.ack, ({resolve, reject}) =>
          frame.success ? resolve(frame.data) : reject(new Refused(frame.error)));
        return;
      }
      const {event, data} = frame;
      if (event === "token:expired") this.end("signed-out");
      else if (event === "room:subscribed") this.subscribed(data);
      else if (event === "room:unsubscribed" && data.roomId === this.roomId) this.unsubscribed(data.reason);
      else if (data.roomId === undefined || data.roomId === this.roomId) this.hear(event, data);
    }

    subscribed(data) {
      if (data.roomId !== this.roomId) return;
      this.failures = 0;
      this.setClock(data.timestamp);
      this.become("live");
      this.replayUpTo = data.resumed ? data.seq : 0;
      if (!data.resumed) {
        this.waitingForState = [];
        this.refresh();
      }
      this.hear("room:subscribed", {...data, seq: undefined});
    }

    unsubscribed(reason) {
      if (reason !== "asked") this.end("gone");
    }

    hear(event, data) {
      if (this.waitingForState) {
        this.waitingForState.push([event, data]);
        return;
      }
      if (data.seq !== undefined) {
        if (data.seq <= this.state.seq) return;
        if (data.seq > this.state.seq + 1) {
          this.subscribe(); // a number is missing: from the last one again
          return;
        }
      }
      const told = data.seq === undefined ? data : {...data, replayed: data.seq <= (this.replayUpTo || 0)};
      this.state = RoomState.reduce(this.state, event, told);
      this.tell("change", this.state, {event, data: told});
      this.tell(event, told, this);
      if (data.organizerOnline !== undefined || event === "room:status_changed") {
        this.watchOrganiser(this.state.online ? this.state.online.organizer : null);
      }
      if (event === "room:deleted") this.end("gone");
    }

    /** The whole state anew; events that come meanwhile wait for it. */
    async refresh() {
      const socket = this.socket;
      this.waitingForState = this.waitingForState || [];
      let snapshot;
      try {
        snapshot = await this.reload();
      } catch {
        this.waitingForState = null;
        this.state = {...this.state, seq: null};
        this.drop(socket); // comes back by the usual way, and asks again
        return;
      }
      this.setClock(snapshot.time);
      this.state = {...RoomState.start(snapshot), online: this.state.online, revealed: this.state.revealed};
      const waited = this.waitingForState || [];
      this.waitingForState = null;
      this.tell("change", this.state, null);
      for (const [event, data] of waited) this.hear(event, data);
    }

    // --- Who is here ----------------------------------------------------------------------------------------------------

    /** `isHere`: whether an organiser or moderator is, or null while nobody can tell. Seen first, missed then: rooms are
     * run without a page of ours, too. */
    watchOrganiser(isHere) {
      if (isHere) this.organiserSeen = true;
      const away = isHere === false && this.organiserSeen && this.state.room.status === "ACTIVE";
      if (!away) {
        clearTimeout(this.awaySoon);
        this.awaySoon = null;
        this.setAway(false);
      } else if (!this.awaySoon) {
        this.awaySoon = setTimeout(() => this.setAway(true), AWAY_AFTER);
      }
    }

    setAway(organiserAway) {
      if (this.connection.organiserAway === organiserAway) return;
      this.connection = {...this.connection, organiserAway};
      this.tell("connection", this.connection);
    }

    // --- The server's clock ---------------------------------------------------------------------------------------------

    setClock(timestamp) {
      this.clock = {server: Date.parse(timestamp), own: performance.now()};
      this.wall = Date.now();
    }

    now() {
      // Some phones stop performance.now() while they sleep; the wall clock does not, but may be set. Take the later.
      const passed = performance.now() - this.clock.own;
      const byWall = Date.now() - this.wall;
      return this.clock.server + (byWall > passed + 1000 && byWall < 3_600_000 ? byWall : passed);
    }

    at(iso, call) {
      const moment = Date.parse(iso);
      let timer;
      const look = () => {
        const left = moment - this.now();
        if (left <= 0) call();
        else timer = setTimeout(look, Math.min(left, 1000)); // in steps: sleep and a new clock must not delay it
      };
      timer = setTimeout(look, 0);
      return () => clearTimeout(timer);
    }

    isHeld(winner) {
      return Boolean(winner.revealAt) && !this.state.revealed.has(winner.drawId) && Date.parse(winner.revealAt) > this.now();
    }
  }

  /** The room says which of this browser's guests the tab belongs to. */
  /** `as=nobody` leaves this browser's sign-in aside, where other credentials follow. */
  function socketAddress(roomId, credentials) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    return `${scheme}://${location.host}/ws/?room=${encodeURIComponent(roomId)}${credentials ? "&as=nobody" : ""}`;
  }

  function timeLimit(milliseconds) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), milliseconds);
    return controller.signal;
  }

  /** {state for the dot, word, sentence or ""} of a connection. */
  function sentence({state, organiserAway}) {
    switch (state) {
      case "live":
        return organiserAway
          ? {dot: "away", word: gettext("organiser away"), text: gettext("The organiser’s connection is lost. Yours is fine: stay here, it goes on when they are back.")}
          : {dot: "live", word: gettext("live"), text: ""};
      case "connecting":
        return {dot: "connecting", word: gettext("connecting"), text: ""};
      case "reconnecting":
        return {dot: "reconnecting", word: gettext("reconnecting"), text: ""};
      case "server":
        return {dot: "reconnecting", word: gettext("reconnecting"), text: gettext("The event’s server does not answer. You keep your seat: this page comes back by itself.")};
      case "signed-out":
        return {dot: "offline", word: gettext("signed out"), text: gettext("You were signed out on this device. Load the page again to take your seat.")};
      case "gone":
        return {dot: "ended", word: gettext("not in the room"), text: gettext("You are not in this event any more.")};
      default:
        return {dot: "offline", word: gettext("offline"), text: gettext("Your connection is lost. You keep your seat: this page comes back by itself.")};
    }
  }

  window.Live = {follow: (options) => new Following(options), sentence, Refused, Lost};
})();
