// The camera goes through a processor from the beginning: nobody sees the room, also not for a moment.
import { byId, enter, tell } from "./page.js";
import { BlurredBackground } from "./blurred-background.js";

const room = await enter();
const blur = new BlurredBackground();
room.onpeer = (peer) => byId("others").append(peer.view());
byId("me").append(room.me.view());

byId("blur").checked = true;
byId("blur").onchange = ({ target }) => room.process("camera", target.checked ? blur : null).catch(tell);
byId("camera").onclick = () => room.camera(!room.me.media.has("camera")).catch(tell);

try {
    await room.process("camera", blur);
    // Small pictures: the person is looked for in each of them.
    await room.camera({ quality: "h360" });
} catch (error) {
    tell(error);
}
