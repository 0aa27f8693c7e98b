// A canvas is sent as it is painted, under a name of its own.
import { byId, enter, tell } from "./page.js";

const board = byId("board");
const paint = board.getContext("2d");
paint.fillStyle = "white";
paint.fillRect(0, 0, board.width, board.height);
Object.assign(paint, { lineWidth: 4, lineCap: "round", strokeStyle: `hsl(${Math.random() * 360} 80% 40%)` });

board.onpointerdown = ({ offsetX, offsetY, pointerId }) => {
    board.setPointerCapture(pointerId);
    paint.beginPath();
    paint.moveTo(offsetX, offsetY);
};
board.onpointermove = ({ offsetX, offsetY, buttons }) => {
    if (!buttons) return;
    paint.lineTo(offsetX, offsetY);
    paint.stroke();
};
// A canvas that does not change gives no pictures: who comes later gets one, too.
setInterval(() => paint.fillRect(0, 0, 1, 1), 1000);

const room = await enter();
room.onpeer = (peer) => {
    let view;
    peer.onmedia = ({ source, on }) => {
        if (source !== "whiteboard") return;
        // Of somebody who has left there is no view any more.
        if (on) byId("others").append((view = peer.view(source)));
        else view?.remove();
    };
};
await room.publish(board.captureStream(15), { source: "whiteboard", content: "text" }).catch(tell);
