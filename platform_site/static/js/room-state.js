/* What a page knows of its room, as the global `RoomState`: a snapshot, and one pure function that applies an event.
 *
 *   RoomState.start(snapshot)              the state of a snapshot
 *   RoomState.reduce(state, event, data)   the state after an event; the old one is left as it was
 *
 * state: {room, me, level, seq, people, prizes, winners, draws, online, revealed, screen}
 *   room      as the REST API shows it, with its counts      me       the reader's own participant, or null
 *   people    the newest first, at most 100                  prizes   in the room's order
 *   winners   live ones, the newest first; hold back those of live.isHeld(winner)
 *   draws     the newest first: what their events and the API say of them
 *   online    null, or {count, organizer}: how many members follow the room, and whether one who runs it does
 *   revealed  ids of draws that the screen has shown
 *   screen    data of the last screen:changed, or null
 *
 * Events of apps (quiz:…) change nothing here: an app's page listens to them by name and keeps its own state. */
"use strict";

(function () {
  const MOST_PEOPLE = 100;

  function start({room, me, level, seq, people, prizes, winners, draws, screen = null}) {
    return {room, me, level, seq, people, prizes, winners, draws, screen, online: null, revealed: new Set()};
  }

  function reduce(state, event, data) {
    const change = CHANGES[event];
    const after = change ? {...state, ...change(state, data)} : state;
    return data.seq === undefined ? after : {...after, seq: data.seq};
  }

  const CHANGES = {
    // A frame shows the room as its viewer may see it; what a passer-by's form leaves out is kept.
    "room:updated": ({room}, data) => ({
      room: {...room, ...data.room, joinCode: data.room.joinCode ?? room.joinCode, myRole: data.room.myRole ?? room.myRole},
    }),
    "room:status_changed": ({room}, {newStatus}) => ({room: {...room, status: newStatus}}),

    "participant:joined": (state, {participant}) => ({
      people: [participant, ...without(state.people, participant.id)].slice(0, MOST_PEOPLE),
      room: counted(state.room, "participantCount", 1),
      me: mine(state.me, participant),
      lastLeft: "",
    }),
    "participant:updated": (state, {participant}) => ({
      people: replaced(state.people, participant),
      me: mine(state.me, participant),
    }),
    "participant:left": (state, {participantId, userId}) => ({
      people: without(state.people, participantId),
      // Those who run the room are told twice: once for all, once with the reason.
      room: counted(state.room, "participantCount", state.lastLeft === participantId ? 0 : -1),
      lastLeft: participantId,
    }),

    "prize:created": (state, {prize}) => ({
      prizes: inOrder([...without(state.prizes, prize.id), prize]),
      room: counted(state.room, "prizeCount", has(state.prizes, prize.id) ? 0 : 1),
    }),
    "prize:updated": (state, {prize}) => ({prizes: inOrder(replaced(state.prizes, prize))}),
    "prize:deleted": (state, {prizeId}) => ({
      prizes: without(state.prizes, prizeId),
      room: counted(state.room, "prizeCount", has(state.prizes, prizeId) ? -1 : 0),
    }),

    "winner:selected": (state, {winner}) => {
      if (has(state.winners, winner.id)) return {};
      return {
        winners: [winner, ...state.winners],
        prizes: moved(state.prizes, winner.prizeId, -1),
        room: counted(state.room, "winnerCount", 1),
      };
    },
    "winner:updated": (state, {winner}) => ({winners: replaced(state.winners, winner)}),
    "winner:removed": (state, {winnerId, prizeId}) => ({
      winners: without(state.winners, winnerId),
      prizes: has(state.winners, winnerId) ? moved(state.prizes, prizeId, 1) : state.prizes,
      room: counted(state.room, "winnerCount", has(state.winners, winnerId) ? -1 : 0),
    }),

    "draw:committed": (state, data) => ({draws: drawn(state.draws, data, "COMMITTED")}),
    "draw:running": (state, data) => ({draws: drawn(state.draws, data, "RUNNING")}),
    "draw:completed": (state, data) => ({draws: drawn(state.draws, data, "COMPLETED")}),
    "draw:cancelled": (state, data) => ({draws: drawn(state.draws, data, "CANCELLED")}),
    "draw:revealed": (state, {drawId}) => ({revealed: new Set([...state.revealed, drawId])}),
    "screen:changed": (state, data) => ({screen: data}),

    "room:subscribed": (state, data) => ({online: figures(data)}),
    "presence:user_online": (state, data) => ({online: figures(data)}),
    "presence:user_offline": (state, data) => ({online: figures(data)}),
    "presence:changed": (state, data) => ({online: figures(data)}),
  };

  // --- Lists ----------------------------------------------------------------------------------------------------------

  const has = (list, id) => list.some((each) => each.id === id);
  const without = (list, id) => list.filter((each) => each.id !== id);
  const replaced = (list, one) => list.map((each) => (each.id === one.id ? kept(each, one) : each));
  const moved = (prizes, id, by) => prizes.map((prize) =>
    prize.id === id ? {...prize, quantityRemaining: prize.quantityRemaining + by, winnerCount: prize.winnerCount - by} : prize);
  /** By the organiser's numbers, then by age: ids sort by the time at which they were made. */
  const inOrder = (prizes) =>
    [...prizes].sort((one, other) => (one.position ?? 0) - (other.position ?? 0) || (one.id < other.id ? -1 : 1));
  const counted = (room, name, by) => ({...room, [name]: room[name] + by});

  /** An event says what anybody may know: what this reader knew beyond it (metadata, a claim code) stays. */
  function kept(before, after) {
    const whole = {...before, ...after};
    for (const name of ["metadata", "claimCode"]) whole[name] = after[name] ?? before[name];
    return whole;
  }

  function mine(me, participant) {
    return me && me.id === participant.id ? kept(me, participant) : me;
  }

  /** In a frame `seq` is the number of the event; the draw's own is `drawSeq`, and `seq` in what the API says. */
  function drawn(draws, {drawId, drawSeq, seq, ...data}, status) {
    const known = draws.find((each) => each.id === drawId) || {};
    return [{...known, ...data, id: drawId, drawId, status, seq: drawSeq ?? known.seq ?? null}, ...without(draws, drawId)];
  }

  const figures = ({onlineCount, organizerOnline}) => ({count: onlineCount, organizer: organizerOnline});

  window.RoomState = {start, reduce};
})();
