//! What changes an own track before it is sent.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use itodenwa::{CameraOptions, Event, Exception, MediaError, Processor, Quality, Room, Source};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{HtmlVideoElement, MediaStreamTrack, MediaStreamTrackState};

use crate::kit::{end_track, frames, frames_in, leave, loosen_devices, media, painted, pair, until, within};
use crate::media::mend_devices;

/// Gives a copy of what it gets, unless it is to fail.
#[derive(Default)]
pub(crate) struct Copying {
    given: RefCell<Vec<MediaStreamTrack>>,
    stopped: Cell<usize>,
    fails: Cell<bool>,
    /// It gives a painted picture instead, which can end.
    paints: Cell<bool>,
    /// It takes so many milliseconds.
    takes: Cell<u32>,
}

impl Processor for Copying {
    #[expect(
        clippy::disallowed_methods,
        reason = "here another track is meant, which is stopped with what the processor gave"
    )]
    fn start(&self, track: MediaStreamTrack) -> Pin<Box<dyn Future<Output = Result<MediaStreamTrack, Exception>>>> {
        let takes = TimeoutFuture::new(self.takes.get());
        if self.fails.get() {
            return Box::pin(async {
                takes.await;
                Err(Exception::new("Error", "a test"))
            });
        }
        // The method of the track, which makes another one.
        let copy = if self.paints.get() {
            MediaStreamTrack::from(painted().get_video_tracks().get(0))
        } else {
            MediaStreamTrack::clone(&track)
        };
        self.given.borrow_mut().push(Clone::clone(&copy));
        Box::pin(async {
            takes.await;
            Ok(copy)
        })
    }

    fn stop(&self) {
        self.stopped.set(self.stopped.get() + 1);
    }
}

impl Copying {
    fn last(&self) -> MediaStreamTrack {
        Clone::clone(self.given.borrow().last().expect("it was started"))
    }

    fn starts(&self) -> (usize, usize) {
        (self.given.borrow().len(), self.stopped.get())
    }
}

fn shown(own: &HtmlVideoElement) -> Vec<String> {
    let tracks = own.src_object().expect("a stream").get_video_tracks();
    tracks.iter().map(|track| MediaStreamTrack::from(track).id()).collect()
}

fn offers(room: &Room) -> usize {
    room.steps().iter().filter(|entry| matches!(entry.step.name(), "setOffer" | "makeOffer")).count()
}

async fn failed(room: &mut Room) {
    until(room, "the failure", |event| match event {
        Event::MediaFailed { source: Source::Camera, error: MediaError::Processor(thrown) } => Some(thrown.clone()),
        _ => None,
    })
    .await;
}

#[wasm_bindgen_test]
async fn what_a_processor_gives_is_sent_and_shown_also_of_another_device_until_it_is_taken_away() {
    let (one, mut other) = pair().await;
    let (first, second) = (Rc::new(Copying::default()), Rc::new(Copying::default()));
    let own = one.me().view().expect("a view");
    within("a choice", one.process(Source::Camera, Some(first.clone()))).await.expect("nothing to do yet");
    assert_eq!(first.starts(), (0, 0));
    within("the camera", one.camera(true)).await.expect("a camera");
    media(&mut other, Source::Camera, true).await;
    frames(&other).await;
    frames_in(&own).await;
    assert_eq!(shown(&own), [first.last().id()], "nothing but what is made of it");
    let offered = offers(&one);

    let small = CameraOptions { quality: Quality::H180, ..CameraOptions::default() };
    within("the switch", one.use_camera(small)).await.expect("a small picture");
    within("the second start", async {
        while first.starts() != (2, 1) || shown(&own) != [first.last().id()] {
            TimeoutFuture::new(10).await;
        }
    })
    .await;
    frames(&other).await;

    within("another", one.process(Source::Camera, Some(second.clone()))).await.expect("it starts");
    assert_eq!((first.starts(), second.starts()), ((2, 2), (1, 0)));
    assert_eq!(first.last().ready_state(), MediaStreamTrackState::Ended);
    assert_eq!(shown(&own), [second.last().id()]);
    frames(&other).await;

    second.fails.set(true);
    first.fails.set(true);
    let refused = within("a bad one", one.process(Source::Camera, Some(first.clone()))).await;
    assert_eq!(refused.expect_err("it fails").code(), "media/processor");
    assert_eq!(shown(&own), [second.last().id()], "the one before it is at work");
    frames(&other).await;

    within("none", one.process(Source::Camera, None)).await.expect("taken away");
    within("a turn", one.camera(true)).await.expect("on");
    assert_eq!(second.starts(), (1, 1));
    assert_eq!(shown(&own).len(), 1);
    assert_ne!(shown(&own), [second.last().id()], "the camera as it is");
    frames(&other).await;
    assert_eq!(offers(&one), offered, "nothing is negotiated");
    assert_eq!(other.peers().first().map(|peer| peer.media()), Some(vec![Source::Camera]), "nobody saw it off");
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn a_processor_that_starts_behind_another_one_is_at_work_whatever_becomes_of_that() {
    let (one, mut other) = pair().await;
    let own = one.me().view().expect("a view");
    within("the camera", one.camera(true)).await.expect("a camera");
    media(&mut other, Source::Camera, true).await;
    let (first, second) = (Rc::new(Copying::default()), Rc::new(Copying::default()));
    first.takes.set(100);
    second.takes.set(300);
    second.fails.set(true);
    let both = futures_util::future::join(
        one.process(Source::Camera, Some(first.clone())),
        one.process(Source::Camera, Some(second.clone())),
    );
    let (first_result, second_result) = within("both", both).await;
    assert_eq!(first_result, Ok(()));
    assert_eq!(second_result.expect_err("it fails").code(), "media/processor");
    assert_eq!(shown(&own), [first.last().id()], "the one before it is at work");
    frames(&other).await;
    // And begins anew with the camera.
    within("the camera", one.camera(false)).await.expect("off");
    media(&mut other, Source::Camera, false).await;
    within("the camera", one.camera(true)).await.expect("on");
    media(&mut other, Source::Camera, true).await;
    assert_eq!((shown(&own), first.starts()), (vec![first.last().id()], (2, 1)));
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn another_camera_is_had_through_a_processor_where_one_opens_at_a_time() {
    loosen_devices(true);
    let (one, mut other) = pair().await;
    let processor = Rc::new(Copying::default());
    within("a choice", one.process(Source::Camera, Some(processor.clone()))).await.expect("nothing to do yet");
    within("the camera", one.camera(true)).await.expect("a camera");
    media(&mut other, Source::Camera, true).await;
    let small = CameraOptions { quality: Quality::H180, ..CameraOptions::default() };
    within("the switch", one.use_camera(small)).await.expect("the one before is given back first");
    within("the second start", async {
        while processor.starts() != (2, 1) {
            TimeoutFuture::new(10).await;
        }
    })
    .await;
    frames(&other).await;
    mend_devices();
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn what_a_processor_fails_to_change_is_not_sent() {
    let (mut one, mut other) = pair().await;
    let own = one.me().view().expect("a view");
    let processor = Rc::new(Copying::default());
    processor.fails.set(true);
    within("a choice", one.process(Source::Camera, Some(processor.clone()))).await.expect("nothing to do yet");
    for _ in 0..2 {
        within("the camera", one.camera(true)).await.expect("there is one");
        failed(&mut one).await;
        assert_eq!((shown(&own).len(), one.me().settings(Source::Camera)), (0, None), "it is given back");
    }
    assert_eq!(other.peers().first().map(|peer| peer.media()), Some(Vec::new()), "nobody was told that it is on");

    processor.fails.set(false);
    processor.paints.set(true);
    within("the camera", one.camera(true)).await.expect("a camera");
    media(&mut other, Source::Camera, true).await;
    frames(&other).await;
    end_track(&processor.last());
    failed(&mut one).await;
    media(&mut other, Source::Camera, false).await;
    assert_eq!((shown(&own).len(), processor.starts()), (0, (1, 1)));

    // One that is on is not sent as it is when its first processor fails.
    within("none", one.process(Source::Camera, None)).await.expect("taken away");
    within("the camera", one.camera(true)).await.expect("a camera");
    media(&mut other, Source::Camera, true).await;
    processor.fails.set(true);
    let refused = within("a bad one", one.process(Source::Camera, Some(processor.clone()))).await;
    assert_eq!(refused.expect_err("it fails").code(), "media/processor");
    media(&mut other, Source::Camera, false).await;
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn a_muted_microphone_stays_muted_through_a_processor() {
    let (one, mut other) = pair().await;
    let processor = Rc::new(Copying::default());
    within("the microphone", one.microphone(true)).await.expect("a microphone");
    media(&mut other, Source::Microphone, true).await;
    within("the microphone", one.microphone(false)).await.expect("off");
    media(&mut other, Source::Microphone, false).await;
    within("a processor", one.process(Source::Microphone, Some(processor.clone()))).await.expect("it starts");
    assert!(!processor.last().enabled(), "it is silent");
    within("the microphone", one.microphone(true)).await.expect("on");
    media(&mut other, Source::Microphone, true).await;
    assert!(processor.last().enabled());
    within("the microphone", one.microphone(false)).await.expect("off");
    media(&mut other, Source::Microphone, false).await;
    within("none", one.process(Source::Microphone, None)).await.expect("taken away");
    let own = one.me().view().expect("a view");
    within("a turn", one.microphone(false)).await.expect("off");
    let raw = MediaStreamTrack::from(own.src_object().expect("a stream").get_audio_tracks().get(0));
    assert!(!raw.enabled() && raw.id() != processor.last().id(), "silent as it is");
    leave(one, other).await;
    assert_eq!(processor.starts(), (1, 1));
}
