// The least that a signalling server can be: what one member of a room says, the others hear.
import { WebSocketServer } from "ws";

const rooms = new Map();
const server = new WebSocketServer({ host: "127.0.0.1", port: 0 }, () => {
    console.log(`http://127.0.0.1:${server.address().port}/`);
});
server.on("connection", (socket, { url }) => {
    const room = rooms.get(url) ?? new Set();
    rooms.set(url, room.add(socket));
    socket.on("message", (message) => {
        for (const other of room) if (other !== socket) other.send(message.toString());
    });
    socket.on("close", () => {
        room.delete(socket);
        if (room.size === 0) rooms.delete(url);
    });
    socket.send('"welcome"');
});
