//! What a check says of a browser, a network and servers. The whole of it with a real server is in the tests of the page.

use futures_util::StreamExt;
use itodenwa::{
    CameraOptions, Check, CheckOptions, Finding, IceServer, MicrophoneOptions, Outcome, Part, Preview, check, counts,
};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{
    can_hear, deafen_connections, hide_connections, mend_connections, nothing_is_left, show_connections,
    silence_devices, within,
};
use crate::media::{break_devices, mend_devices};

/// Where nobody listens: a port that no browser refuses by itself.
const NOBODY: &str = "ws://127.0.0.1:47/ws";

/// Without a signalling server.
fn alone() -> CheckOptions {
    CheckOptions { server: Some(NOBODY.into()), ..CheckOptions::default() }
}

async fn findings(options: CheckOptions) -> Vec<Finding> {
    let mut found: Vec<Finding> = within("the findings", check(options).collect()).await;
    found.sort_by_key(|finding| finding.part);
    found
}

/// The code of one part, or that it works.
fn outcome(found: &[Finding], part: Part) -> &'static str {
    let mut of_part = found.iter().filter(|finding| finding.part == part);
    let finding = of_part.next().unwrap_or_else(|| panic!("nothing is said of {part:?}"));
    assert!(of_part.next().is_none(), "{part:?} is told twice");
    match &finding.outcome {
        Outcome::Works => "works",
        Outcome::Fails { code, explain: words } | Outcome::Skipped { code, why: words } => {
            assert!(words.len() > 20 || *code == "check/not-wanted", "{part:?} is explained: {words}");
            code
        }
        other => panic!("unknown: {other:?}"),
    }
}

#[wasm_bindgen_test]
async fn without_a_server_the_rest_is_tried() {
    let options = CheckOptions {
        camera: Some(CameraOptions::default()),
        microphone: Some(MicrophoneOptions::default()),
        ..alone()
    };
    let found = findings(options).await;
    let outcomes: Vec<_> = found.iter().map(|finding| (finding.part.as_str(), outcome(&found, finding.part))).collect();
    assert_eq!(
        outcomes,
        [
            ("camera", "works"),
            ("microphone", "works"),
            ("signaling", "signaling/unreachable"),
            ("stun", "check/needs-signaling"),
            ("turnUdp", "check/needs-signaling"),
            ("turnTcp", "check/needs-signaling"),
            ("turnTls", "check/needs-signaling"),
            ("loopback", "works"),
        ]
    );
    assert!(found.iter().any(|finding| finding.part == Part::Camera && finding.detail.contains("1280 × 720")));
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn servers_that_are_not_there_are_told_by_their_way() {
    let server = |urls: &[&str]| IceServer {
        urls: urls.iter().map(|url| (*url).to_owned()).collect(),
        username: Some("ann".into()),
        credential: Some("secret".into()),
    };
    let nowhere = ["stun:nowhere.invalid", "turn:nowhere.invalid?transport=udp", "turns:nowhere.invalid"];
    let found = findings(CheckOptions { ice_servers: vec![server(&nowhere)], ..alone() }).await;
    assert_eq!(outcome(&found, Part::Camera), "check/not-wanted");
    assert_eq!(outcome(&found, Part::Stun), "stun/unreachable");
    assert_eq!(outcome(&found, Part::TurnUdp), "turn/unreachable");
    assert_eq!(outcome(&found, Part::TurnTcp), "turn/not-offered");
    assert_eq!(outcome(&found, Part::TurnTls), "turn/unreachable");
    assert_eq!(outcome(&found, Part::Loopback), "works");
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn servers_that_are_missing_or_no_addresses_are_told() {
    let stun = |url: &str| IceServer { urls: vec![url.into()], username: None, credential: None };
    let found = findings(CheckOptions { ice_servers: vec![stun("stun:a b c:what")], ..alone() }).await;
    assert_eq!(outcome(&found, Part::Stun), "ice/servers-refused");
    assert_eq!(outcome(&found, Part::TurnUdp), "turn/missing");
    assert_eq!(outcome(&found, Part::TurnTcp), "turn/not-offered");
    // A TURN server without a user is refused by every browser (W3C WebRTC, section 4.4.1.6).
    let found = findings(CheckOptions { ice_servers: vec![stun("turn:127.0.0.1:5000")], ..alone() }).await;
    assert_eq!(outcome(&found, Part::Stun), "stun/missing");
    assert_eq!(outcome(&found, Part::TurnUdp), "ice/servers-refused");
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn a_wrong_address_and_a_wrong_room_are_told() {
    let found = findings(CheckOptions { server: Some("gopher://nowhere".into()), ..alone() }).await;
    assert_eq!(outcome(&found, Part::Signaling), "signaling/address");
    let found = findings(CheckOptions { room: Some("no room".into()), ..alone() }).await;
    assert_eq!(outcome(&found, Part::Signaling), "room/invalid");
}

#[wasm_bindgen_test]
async fn a_browser_without_calls_says_so() {
    hide_connections();
    let found = findings(alone()).await;
    show_connections();
    for part in [Part::Signaling, Part::Stun, Part::TurnUdp, Part::TurnTcp, Part::TurnTls, Part::Loopback] {
        assert_eq!(outcome(&found, part), "webrtc/unsupported");
    }
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn refused_devices_are_told_as_such() {
    break_devices("NotAllowedError");
    let options = CheckOptions {
        camera: Some(CameraOptions::default()),
        microphone: Some(MicrophoneOptions::default()),
        ..alone()
    };
    let found = findings(options).await;
    mend_devices();
    assert_eq!(outcome(&found, Part::Camera), "media/denied");
    assert_eq!(outcome(&found, Part::Microphone), "media/denied");
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn a_microphone_that_gives_nothing_at_all_is_told() {
    silence_devices();
    let options = CheckOptions { microphone: Some(MicrophoneOptions::default()), ..alone() };
    let found = findings(options).await;
    mend_devices();
    // Where nothing is measured it is believed.
    let told = if can_hear().await { "microphone/silent" } else { "works" };
    assert_eq!(outcome(&found, Part::Microphone), told);
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn a_page_that_can_not_call_itself_is_told() {
    deafen_connections();
    let found = findings(alone()).await;
    mend_connections();
    assert_eq!(outcome(&found, Part::Loopback), "loopback/failed");
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn the_devices_of_a_preview_stay_open() {
    let opened = Preview::open(Some(CameraOptions::default()), None);
    let preview = within("the preview", opened).await.expect("a preview");
    let found = findings(CheckOptions { preview: Some(preview.clone()), ..alone() }).await;
    assert_eq!(outcome(&found, Part::Camera), "works");
    assert_eq!(outcome(&found, Part::Microphone), "check/not-wanted");
    assert_eq!(counts().tracks, 1);
    drop(preview);
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn a_check_that_is_dropped_leaves_nothing() {
    let server = IceServer { urls: vec!["stun:127.0.0.1:47000".into()], username: None, credential: None };
    let mut checking: Check = check(CheckOptions { ice_servers: vec![server], ..alone() });
    let first = within("a finding", checking.next()).await.expect("a finding");
    assert_eq!(first.part, Part::Camera);
    within("a finding", checking.next()).await.expect("another one");
    drop(checking);
    nothing_is_left().await;
}
