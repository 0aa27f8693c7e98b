import { troubleOf } from "./error.js";
import { channels, files, interruption, verification, watching } from "./later.js";
import { Peer } from "./person.js";
import { mark, put } from "./shared.js";
import { joined, left, off, stepped } from "./state.js";

/**
 * Takes what the wasm tells of a room, one event after the other: each changes `state`, and is told by the room and by the peer whom it is
 * about. `link` leads back to the wasm, and `close` ends it all.
 */
export function taker(room, state, link, close) {
    const { own, peers, theirs } = state;
    const incoming = { channel: channels, request: channels, file: files, verification };

    return (event) => {
        const { type, ...detail } = event;
        const peer = peers.get(event.peer ?? event.from);
        const now = theirs.get(peer?.id);
        /** The room says of whom it is. */
        const tell = (detail, short = detail) => {
            room.emit(type, { ...detail, peer });
            peer?.emit(type, short);
        };
        switch (type) {
            case "joined": {
                const { name } = event.peer;
                const now = { name, told: name, state: "new", away: false, media: new Set(), speaking: false };
                const peer = new Peer(event.peer, link, now);
                joined(state, peer, now);
                return room.emit("peer", peer);
            }
            case "left":
                if (!peer) return;
                left(state, peer);
                return tell(detail, event.reason);
            case "name": {
                if (!peer && event.peer) return;
                const who = now ?? own;
                const former = who.told;
                const name = (who.name = who.told = peer ? event.name : link.raw().me().name);
                // Somebody may have another one by now, which was told with the one before.
                return name === former || tell({ name, former }, name);
            }
            case "connection":
            case "away":
            case "speaking": {
                if (!peer) return;
                const what = type === "connection" ? "state" : type;
                now[what] = event[what];
                return tell(detail, now[what]);
            }
            case "media":
                if (!peer) return;
                mark(now.media, event.source, event.on);
                return tell({ source: event.source, on: event.on });
            case "text":
            case "data": {
                if (!peer) return;
                const { ago, [type]: content } = event;
                const earlier = ago === undefined ? ago : new Date(Date.now() - ago);
                room.emit(type, { from: peer, [type]: content, earlier });
                // A peer tells what comes while it is here.
                return earlier ?? peer.emit(type, content);
            }
            case "attribute":
                // What reads them is loaded with the first.
                if (peer || event.peer === undefined) {
                    watching(() => link.with("attributes"), (raw) => {
                        state.shared = raw;
                        tell({ key: event.key, value: event.value });
                    }, () => link.open);
                }
                return;
            case "channel":
            case "request":
            case "file":
            case "verification": {
                // Whatever is not taken is refused.
                const refuse = () => event.incoming.free();
                if (!peer) return refuse();
                const isWaiting = ({ code, message: explain }) => {
                    if (link.open && !now.isGone) return true;
                    refuse();
                    if (link.open) room.emit("trouble", { code, explain, detail: "", peer });
                };
                const taken = async ({ take }) => take(event, peer, room, link.answers, now);
                return watching(incoming[type], (face) => taken(face).catch(refuse), isWaiting);
            }
            case "step":
                stepped(state, detail);
                return room.emit(type, detail);
            case "device":
                put(own.settings, event.source, event.settings);
                return room.emit(type, detail);
            case "interrupted":
                watching(interruption, ({ silenced }) => silenced(room.me, event), () => link.open);
                return room.emit(type, detail);
            case "devices":
                return room.emit(type);
            case "speaker":
                state.speaker = peer;
                return room.emit(type, { peer });
            case "mediaFailed":
                state.published.delete(event.source);
                off(state, event.source);
                return room.emit("trouble", troubleOf(event));
            case "trouble":
                return room.emit(type, { ...detail, peer });
            case "signaling":
                state.signaling = event.state;
                own.id = link.raw().me().id;
                return room.emit(type, event.state);
            case "lock":
                state.isLocked = event.locked;
                return room.emit(type, event.locked);
            case "waiting":
                state.waitingRoom = event.waitingRoom;
                return room.emit(type, event.waitingRoom);
            case "askedtomute":
            case "handlowered":
                return room.emit(type, { by: peers.get(event.by) });
            case "blocked":
                // Without a peer it is oneself.
                return (peer || event.peer === undefined) && room.emit(type, { peer });
            case "closed":
                return close(event.error);
        }
    };
}
