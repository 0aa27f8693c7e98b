// The camera goes through a processor from the beginning: nobody sees the room, also not for a moment.
import { byId, enter, tell } from "./page.js";
import { BlurredBackground } from "./blurred-background.js";

const room = await enter();
const blur = new BlurredBackground();
room.onpeer = (peer) => byId("others").append(peer.view());
byId("me").append(room.me.view());

byId("blur").onchange = ({ target }) => room.process("camera", target.checked ? blur : null).catch(tell);
byId("camera").onclick = () => room.camera(!room.me.media.has("camera")).catch(tell);

await room.process("camera", blur).catch(tell);
await room.camera(true).catch(tell);
