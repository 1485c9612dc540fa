// What a developer writes with socket.io-client: subscribes by both transports, gets an event, tries wrong arguments.
const { io } = require("socket.io-client");
const [url, roomId, token] = process.argv.slice(2);
const told = { created: {} };

const refused = io(url, { auth: { token: "a.b.c" }, reconnection: false });
refused.on("connect_error", (error) => {
  told.refused = error.message;
  refused.close();
  start();
});

function start() {
  let ready = 0;
  ["websocket", "polling"].forEach((transport) => {
    const socket = io(url, { auth: { token }, transports: [transport], forceNew: true });
    socket.on("prize:created", ({ prize }) => {
      told.created[transport] = prize.name;
      if (Object.keys(told.created).length === 2) {
        process.stdout.write(JSON.stringify(told) + "\n", () => process.exit(0));
      }
    });
    socket.emit("room:subscribe", { roomId }, "not a function");
    socket.emit("room:subscribe", [1, 2], (answer) => (told.wrong = answer));
    socket.emit("room:subscribe", { roomId }, (answer) => {
      told.acknowledged = answer;
      ready += 1;
      if (ready === 2) console.log(JSON.stringify({ ready: true }));
    });
  });
}
