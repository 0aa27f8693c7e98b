//! What happens to the paths of media: in a network of namespaces, where nothing else is said.

use super::{client, server, told};
use crate::faults::row::{People, Row};

const NAT: &str = "network/nat.mjs";

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "N01",
        fault: "nothing passes for 3 s",
        criterion: "the same connection goes on",
        people: People::Two,
        tests: &[told(NAT, "nothing passes for 3 s: the same connection goes on")],
    },
    Row {
        id: "N02",
        fault: "nothing passes for 12 s",
        criterion: "the same connection goes on, with new paths if it needs them",
        people: People::Two,
        tests: &[told(NAT, "nothing passes for 12 s: the same connection goes on")],
    },
    Row {
        id: "N03",
        fault: "nothing passes for a minute",
        criterion: "pictures come again, over another connection if need be",
        people: People::Two,
        tests: &[told(NAT, "nothing passes for a minute: pictures come again")],
    },
    Row {
        id: "N04",
        fault: "another network, and another address, in the middle of a call",
        criterion: "new paths are looked for by an ICE restart, and found; over another connection where the browser ends the old one",
        people: People::Two,
        tests: &[told(NAT, "another network in the middle of a call: new paths")],
    },
    Row {
        id: "N05",
        fault: "no UDP passes, from the beginning",
        criterion: "the call goes by relay over TCP, and over TLS",
        people: People::Two,
        tests: &[
            told(NAT, "only the web passes: by relay over TCP"),
            told(NAT, "only the web passes: by relay over TLS"),
        ],
    },
    Row {
        id: "N07",
        fault: "both are behind symmetric NATs",
        criterion: "the call goes by relay",
        people: People::Two,
        tests: &[told(NAT, "symmetric on both sides: by relay")],
    },
    Row {
        id: "N09",
        fault: "the way has 300 kbit/s",
        criterion: "sound goes on, pictures get worse, and no connection is made anew",
        people: People::Two,
        tests: &[told(NAT, "300 kbit/s: sound and smaller pictures over the same connection")],
    },
    Row {
        id: "N12",
        fault: "the relay that is in use ends in the middle of a call",
        criterion: "another one, or a direct way, is found",
        people: People::Two,
        tests: &[told(NAT, "the relay that is in use is killed: another one is found")],
    },
    Row {
        id: "N13",
        fault: "the credentials of the relay end in the middle of a call, and then paths are looked for anew",
        criterion: "there are new ones before, and both use them",
        people: People::Two,
        tests: &[
            server("turn_members::credentials_are_renewed_at_half_of_their_life"),
            client("rooms::new_ice_servers_are_taken_by_both_sides_when_paths_are_looked_for"),
            told(
                "credentials.test.mjs",
                "the relay's credentials end in a call, and then paths are looked for anew: by new ones",
            ),
        ],
    },
    Row {
        id: "N14",
        fault: "the STUN server does not answer",
        criterion: "nobody waits for it",
        people: People::Two,
        tests: &[told(NAT, "a STUN server that nobody is behind is not waited for")],
    },
];
