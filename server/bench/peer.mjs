// The server of PeerJS, as its documentation starts it.
import { PeerServer } from "peer";

PeerServer({ host: "127.0.0.1", port: 0, path: "/", concurrent_limit: 100_000 }, (server) => {
    console.log(`http://127.0.0.1:${server.address().port}/`);
});
