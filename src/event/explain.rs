/// What a trouble's code means, in a sentence for people.
pub(super) fn explain(code: &str) -> &'static str {
    match code {
        "peer/description-refused" => {
            "What the other side offered can't be used. The call goes on as it was; if something is missing, the other side should reload."
        }
        "peer/description-rejected" => {
            "The other side could not use what was offered. If picture or sound is missing, both sides should reload."
        }
        "peer/candidate-refused" => "One network path of the other side can't be used. The others are tried.",
        "peer/candidates-too-many" => "The other side sent too many network paths. Only the first ones are tried.",
        "connection/description-not-made" => "This browser could not prepare the call. A new connection is tried.",
        "connection/not-made" => "This browser could not make a connection. Close other tabs with calls, or reload.",
        "connection/failed" => {
            "No network path to the other side was found, or it was lost. A relay (TURN) server may be needed."
        }
        "connection/given-up" => "The connection failed too often. It is tried again when the other side comes anew.",
        "peer/packet-malformed" => "The other side sent something that was not understood. It was ignored.",
        "peer/silent" => "The other side does not answer. It may have lost its network.",
        "token/forbidden" => "Your token does not let you do that.",
        "sending/codec" => "This browser does not let the codec be chosen, or the other side does not have it.",
        "signaling/refused" => "The server did not do what it was asked.",
        "signaling/malformed" => "The server sent something that was not understood. It was ignored.",
        _ => "Something went wrong. The call goes on.",
    }
}
