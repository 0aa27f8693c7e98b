//! Elements that show one and then another.

use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlVideoElement;

use crate::kit::{frames_in, leave, pair, within};

/// Waits until the driver has done what was asked of elements before.
async fn turn(room: &itodenwa::Room) {
    within("a turn", room.microphone(false)).await.expect("off");
}

fn make() -> HtmlVideoElement {
    let document = web_sys::window().and_then(|window| window.document()).expect("a document");
    document.create_element("video").expect("an element").unchecked_into()
}

fn shows(element: &HtmlVideoElement) -> bool {
    element.src_object().is_some()
}

#[wasm_bindgen_test]
async fn oneself_is_silent_and_whoever_comes_after_is_not() {
    let (one, other) = pair().await;
    within("the camera", other.camera(true)).await.expect("a camera");
    let element = one.me().view().expect("a view");
    turn(&one).await;
    assert!(element.muted(), "never an echo of oneself");
    one.peers().first().expect("a peer").attach_to(&element).expect("attached");
    turn(&one).await;
    assert!(!element.muted(), "a peer is heard");
    frames_in(&element).await;
    // It shows somebody else: for oneself another one is made.
    assert_ne!(one.me().view().expect("a view"), element);
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn what_was_made_for_one_stays_in_the_page_when_it_shows_another() {
    let (one, other) = pair().await;
    let element = one.me().view().expect("a view");
    let body = web_sys::window().and_then(|window| window.document()?.body()).expect("a page");
    body.append_child(&element).expect("it has a place");
    turn(&one).await;
    one.peers().first().expect("a peer").attach_to(&element).expect("attached");
    turn(&one).await;
    assert!(shows(&element) && element.is_connected());
    element.remove();
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn what_was_said_of_how_somebody_sounds_ends_with_them() {
    let (one, other) = pair().await;
    let peer = one.peers().first().cloned().expect("a peer");
    let element = make();
    element.set_volume(0.75);
    peer.attach_to(&element).expect("attached");
    peer.set_muted(true);
    peer.set_volume(0.5);
    peer.set_volume(0.25);
    turn(&one).await;
    assert_eq!((element.muted(), element.volume()), (true, 0.25));
    one.detach(&element);
    turn(&one).await;
    assert_eq!((element.muted(), element.volume()), (false, 0.75), "as the application had it");
    // What is said before counts as well.
    peer.attach_to(&element).expect("attached");
    turn(&one).await;
    assert_eq!((element.muted(), element.volume()), (true, 0.25));
    one.me().attach_to(&element).expect("attached");
    turn(&one).await;
    assert_eq!((element.muted(), element.volume()), (true, 0.75), "oneself in silence, and nothing of theirs");
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn an_element_that_shows_nobody_any_more_is_not_given_again() {
    let (one, other) = pair().await;
    let peer = one.peers().first().cloned().expect("a peer");
    let first = peer.view().expect("a view");
    turn(&one).await;
    assert!(shows(&first));
    one.detach(&first);
    let second = peer.view().expect("a view");
    turn(&one).await;
    assert_ne!(first, second);
    assert!(!shows(&first) && shows(&second));
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn whoever_asks_gets_the_same_element() {
    let (one, other) = pair().await;
    let own = one.me().view().expect("a view");
    for _ in 0..300 {
        assert_eq!(one.me().view().expect("a view"), own);
    }
    let peer = one.peers().first().cloned().expect("a peer");
    let screen = peer.screen().view().expect("a view");
    assert_eq!(peer.screen().view().expect("a view"), screen);
    assert_ne!(peer.view().expect("a view"), screen, "what is shared has an element of its own");
    leave(one, other).await;
}
