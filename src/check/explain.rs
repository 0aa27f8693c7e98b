/// What a code means for calls, in sentences for people.
pub(super) fn explain(code: &str) -> &'static str {
    match code {
        "webrtc/unsupported" => {
            "This browser can't make calls (WebRTC is missing or switched off). Use a current browser."
        }
        "media/unanswered" => {
            "The browser's question for camera or microphone was not answered. Allow it in the address bar and check again."
        }
        "microphone/silent" => {
            "Nothing at all is heard from the microphone. It may be muted on the device or in the system's settings, or be the wrong one."
        }
        "check/not-wanted" => "It was not asked for.",
        "check/needs-signaling" => "Only the signalling server tells which servers there are, and it is out of reach.",
        "check/not-let-in" => {
            "Nobody gets into this room by themselves at the moment: it is locked, or who comes waits to be let in. The server answers, and tells those who are in what there is."
        }
        "stun/missing" => {
            "No STUN server is named. Calls work within one network; between networks only through a relay (TURN)."
        }
        "stun/unreachable" => {
            "No STUN server answers: this network lets no UDP out, or the server is not there. Calls between networks work only through a relay (TURN)."
        }
        "turn/missing" => {
            "No relay (TURN) is named. Calls will fail where networks are strict: many companies, hotels and mobile networks. Start the server with --turn, or name a TURN server."
        }
        "turn/not-offered" => {
            "No relay (TURN) is offered in this way. Calls will fail in networks that let nothing else through."
        }
        "turn/refused" => {
            "The relay (TURN) refuses. Calls that need it will fail. Its user, password or limits are wrong."
        }
        "turn/unreachable" => {
            "The relay (TURN) can't be reached in this way from this network. Calls that need it will fail: a firewall may be in between, or the relay's ports are not open."
        }
        "ice/servers-refused" => {
            "The browser does not take the servers' addresses. Calls may fail altogether. Correct them at the server."
        }
        "loopback/failed" => {
            "Two connections within this page do not reach each other. Calls will fail: an extension, a VPN or a policy may stop WebRTC in this browser."
        }
        "loopback/relay-failed" => {
            "The relay (TURN) gives addresses, but nothing gets through it. Calls that need it will fail: its port range may not be open."
        }
        _ => "It does not work.",
    }
}
