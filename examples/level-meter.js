// How loud everybody is, and a processor that takes noise out of one's own voice.
import { byId, enter, tell } from "./page.js";
import { WithoutNoise } from "./noise.js";

const room = await enter({ microphone: true });
const noise = new WithoutNoise();

room.onpeer = (peer) => {
    const meter = Object.assign(document.createElement("meter"), { max: 0.5 });
    const line = document.createElement("p");
    line.append(`${peer.name ?? peer.id} `, meter, peer.view());
    byId("others").append(line);
    const timer = setInterval(() => (meter.value = peer.level), 100);
    peer.onleft = () => {
        clearInterval(timer);
        line.remove();
    };
};

setInterval(() => (byId("own").value = room.me.level), 100);
byId("microphone").onclick = () => room.microphone(!room.me.media.has("microphone")).catch(tell);
byId("noise").onchange = ({ target }) => room.process("microphone", target.checked ? noise : null).catch(tell);
