import { simplePeer } from "../parts/simple-peer.js";

export const prepare = ({ stream, show, ...place }) => simplePeer(place, { stream }, (peer) => peer.on("stream", show));
