//! Own sources: the last word counts, a device that is lost is replaced, and everybody that waits is told once.

use std::collections::{BTreeMap, BTreeSet};

use itodenwa_protocol::devices::{Devices, DevicesInput, DevicesOutput, Previous, RequestId, SourceEvent, WAITING};
use itodenwa_protocol::options::{CameraOptions, DeviceConstraints, MicrophoneOptions};
use itodenwa_wire::Source;
use proptest::prelude::*;

/// Tracks are numbers here, and so are errors.
type Machine = Devices<u32, &'static str>;
type Output = DevicesOutput<&'static str>;

fn camera(device: &str) -> DeviceConstraints {
    DeviceConstraints::Camera(CameraOptions { device: Some(device.to_owned()), ..CameraOptions::default() })
}

fn handle(machine: &mut Machine, input: DevicesInput<u32, &'static str>) -> Vec<Output> {
    machine.handle(input);
    std::iter::from_fn(|| machine.poll()).collect()
}

fn set(machine: &mut Machine, id: u32, source: Source, on: bool) -> Vec<Output> {
    handle(machine, DevicesInput::Set { id: RequestId(id), source, on })
}

fn choose(machine: &mut Machine, id: u32, constraints: DeviceConstraints) -> Vec<Output> {
    handle(machine, DevicesInput::Choose { id: Some(RequestId(id)), constraints })
}

fn captured(
    machine: &mut Machine,
    source: Source,
    result: Result<u32, &'static str>,
    previous: Previous<u32>,
) -> Vec<Output> {
    handle(machine, DevicesInput::Captured { source, result, previous })
}

fn done(id: u32, result: Result<(), &'static str>) -> Output {
    DevicesOutput::Done { id: RequestId(id), result }
}

/// A machine with the source on, with track 1.
fn with(source: Source) -> Machine {
    let mut machine = Machine::new();
    set(&mut machine, 0, source, true);
    let outputs = captured(&mut machine, source, Ok(1), Previous::Kept);
    assert_eq!(outputs, [done(0, Ok(())), DevicesOutput::Event(SourceEvent::On(source))]);
    machine
}

#[test]
fn a_camera_is_released_and_a_microphone_muted() {
    let mut machine = with(Source::Camera);
    let off = set(&mut machine, 1, Source::Camera, false);
    assert_eq!(off, [DevicesOutput::Event(SourceEvent::Off(Source::Camera)), done(1, Ok(()))]);
    assert_eq!(machine.track(Source::Camera), None);

    let mut machine = with(Source::Microphone);
    let off = set(&mut machine, 1, Source::Microphone, false);
    let silent = DevicesOutput::SetEnabled { source: Source::Microphone, enabled: false };
    assert_eq!(off, [silent, DevicesOutput::Event(SourceEvent::Off(Source::Microphone)), done(1, Ok(()))]);
    assert_eq!((machine.track(Source::Microphone), machine.is_on(Source::Microphone)), (Some(&1), false));
    let on = set(&mut machine, 2, Source::Microphone, true);
    let sounds = DevicesOutput::SetEnabled { source: Source::Microphone, enabled: true };
    assert_eq!(on, [sounds, DevicesOutput::Event(SourceEvent::Unmuted(Source::Microphone)), done(2, Ok(()))]);
}

#[test]
fn what_is_switched_off_before_it_comes_stays_off() {
    let mut machine = Machine::new();
    set(&mut machine, 0, Source::Camera, true);
    assert_eq!(set(&mut machine, 1, Source::Camera, false), []);
    assert_eq!(captured(&mut machine, Source::Camera, Ok(1), Previous::Kept), [done(0, Ok(())), done(1, Ok(()))]);
    assert_eq!(machine.track(Source::Camera), None);
}

#[test]
fn what_is_switched_off_before_it_is_refused_is_off() {
    let mut machine = Machine::new();
    set(&mut machine, 1, Source::Camera, true);
    set(&mut machine, 2, Source::Camera, false);
    let denied = captured(&mut machine, Source::Camera, Err("denied"), Previous::Kept);
    assert_eq!(denied, [done(1, Ok(())), done(2, Ok(()))], "as if it had come");

    // Nobody waits for what a join asks for, and off it is as wanted.
    handle(&mut machine, DevicesInput::Start(vec![Source::Camera]));
    set(&mut machine, 3, Source::Camera, false);
    assert_eq!(captured(&mut machine, Source::Camera, Err("denied"), Previous::Kept), [done(3, Ok(()))]);
}

#[test]
fn a_new_owner_is_told_what_can_not_be_had() {
    let mut machine = Machine::new();
    set(&mut machine, 1, Source::Camera, true);
    machine.forget_requests();
    let denied = captured(&mut machine, Source::Camera, Err("denied"), Previous::Kept);
    assert_eq!(denied, [DevicesOutput::Event(SourceEvent::Failed(Source::Camera, "denied"))]);
    assert!(!machine.is_asking());
}

#[test]
fn another_choice_meanwhile_is_asked_for_when_the_first_is_answered() {
    let mut machine = with(Source::Camera);
    let first = choose(&mut machine, 1, camera("a"));
    let previous = Some(DeviceConstraints::default_of(Source::Camera));
    assert_eq!(first, [DevicesOutput::Capture { constraints: camera("a"), previous: previous.clone() }]);
    assert_eq!(choose(&mut machine, 2, camera("b")), []);
    let second = captured(&mut machine, Source::Camera, Ok(2), Previous::Kept);
    assert_eq!(second, [DevicesOutput::Capture { constraints: camera("b"), previous }]);
    let outputs = captured(&mut machine, Source::Camera, Ok(3), Previous::Kept);
    let replaced = DevicesOutput::Event(SourceEvent::Replaced(Source::Camera));
    assert_eq!(outputs, [done(1, Ok(())), done(2, Ok(())), replaced]);
    assert_eq!(machine.track(Source::Camera), Some(&3));
}

#[test]
fn a_choice_that_fails_is_rolled_back() {
    let default = DeviceConstraints::default_of(Source::Camera);
    for (previous, track) in [(Previous::Kept, Some(1)), (Previous::Restored(2), Some(2)), (Previous::Lost, None)] {
        let mut machine = with(Source::Camera);
        choose(&mut machine, 1, camera("a"));
        let outputs = captured(&mut machine, Source::Camera, Err("busy"), previous);
        assert_eq!(outputs.first(), Some(&done(1, Err("busy"))));
        let event = match previous {
            Previous::Kept => None,
            Previous::Restored(_) => Some(DevicesOutput::Event(SourceEvent::Replaced(Source::Camera))),
            Previous::Lost => Some(DevicesOutput::Event(SourceEvent::Ended(Source::Camera, Some("busy")))),
        };
        assert_eq!(outputs.get(1), event.as_ref());
        assert_eq!(machine.track(Source::Camera), track.as_ref());
        if track.is_some() {
            assert_eq!(machine.constraints(Source::Camera), Some(&default));
        }
    }
}

#[test]
fn a_device_that_is_unplugged_is_replaced_by_any_other() {
    let mut machine = Machine::new();
    choose(&mut machine, 0, camera("a"));
    set(&mut machine, 1, Source::Camera, true);
    captured(&mut machine, Source::Camera, Ok(1), Previous::Kept);
    let anywhere = DeviceConstraints::default_of(Source::Camera);
    let outputs = handle(&mut machine, DevicesInput::Ended(Source::Camera));
    assert_eq!(outputs, [DevicesOutput::Capture { constraints: anywhere, previous: None }]);
    let mut other = machine.clone();
    let replaced = captured(&mut other, Source::Camera, Ok(2), Previous::Kept);
    assert_eq!(replaced, [DevicesOutput::Event(SourceEvent::Replaced(Source::Camera))]);
    let lost = captured(&mut machine, Source::Camera, Err("missing"), Previous::Kept);
    assert_eq!(lost, [DevicesOutput::Event(SourceEvent::Ended(Source::Camera, Some("missing")))]);
    assert!(!machine.is_on(Source::Camera));
}

#[test]
fn several_are_asked_for_with_one_question_and_a_failure_that_nobody_waits_for_is_told() {
    let mut machine = Machine::new();
    let both = vec![Source::Microphone, Source::Camera];
    let asked = both.iter().map(|source| DeviceConstraints::default_of(*source)).collect();
    assert_eq!(handle(&mut machine, DevicesInput::Start(both.clone())), [DevicesOutput::CaptureAll(asked)]);
    assert_eq!(handle(&mut machine, DevicesInput::Start(both)), []);
    let failed = captured(&mut machine, Source::Camera, Err("denied"), Previous::Kept);
    assert_eq!(failed, [DevicesOutput::Event(SourceEvent::Failed(Source::Camera, "denied"))]);
    let on = captured(&mut machine, Source::Microphone, Ok(1), Previous::Kept);
    assert_eq!(on, [DevicesOutput::Event(SourceEvent::On(Source::Microphone))]);
    assert_eq!(machine.on().collect::<Vec<_>>(), [Source::Microphone]);
}

#[test]
fn the_sound_of_a_screen_goes_with_its_picture() {
    let mut machine = Machine::new();
    assert_eq!(captured(&mut machine, Source::ScreenAudio, Ok(9), Previous::Kept), []);
    let mut machine = with(Source::Screen);
    let on = captured(&mut machine, Source::ScreenAudio, Ok(2), Previous::Kept);
    assert_eq!(on, [DevicesOutput::Event(SourceEvent::On(Source::ScreenAudio))]);
    let outputs = handle(&mut machine, DevicesInput::Ended(Source::Screen));
    let ended = DevicesOutput::Event(SourceEvent::Ended(Source::Screen, None));
    assert_eq!(outputs, [ended, DevicesOutput::Event(SourceEvent::Off(Source::ScreenAudio))]);
    assert_eq!(machine.track(Source::ScreenAudio), None);
}

#[test]
fn a_track_of_the_application_is_muted_and_a_device_that_is_chosen_then_is_asked_for_when_it_is_wanted() {
    let replaced = DevicesOutput::Event(SourceEvent::Replaced(Source::Camera));
    let mut machine = Machine::new();
    publish(&mut machine, Source::Camera, 1);
    set(&mut machine, 0, Source::Camera, false);
    assert_eq!(machine.track(Source::Camera), Some(&1));
    assert_eq!(choose(&mut machine, 1, camera("a")), [replaced, done(1, Ok(()))], "no light goes on");
    assert_eq!(machine.track(Source::Camera), None);
    let outputs = set(&mut machine, 2, Source::Camera, true);
    assert_eq!(outputs, [DevicesOutput::Capture { constraints: camera("a"), previous: None }]);
}

#[test]
fn a_track_of_the_application_that_is_taken_back_while_it_is_muted_is_nobodys_any_more() {
    for source in [Source::Microphone, Source::Camera] {
        let mut machine = Machine::new();
        publish(&mut machine, source, 1);
        set(&mut machine, 0, source, false);
        let outputs = handle(&mut machine, DevicesInput::Unpublish(source));
        assert_eq!(outputs, [DevicesOutput::Event(SourceEvent::Replaced(source))]);
        assert_eq!(machine.track(source), None);
    }
}

#[test]
fn a_published_track_stays_until_it_is_taken_back_and_then_the_device_is_asked_for() {
    let mut machine = Machine::new();
    set(&mut machine, 0, Source::Camera, true);
    assert_eq!(publish(&mut machine, Source::Camera, 1), [DevicesOutput::Event(SourceEvent::On(Source::Camera))]);
    // What the browser gives now is of no use.
    assert_eq!(captured(&mut machine, Source::Camera, Ok(2), Previous::Kept), [done(0, Ok(()))]);
    assert_eq!(machine.track(Source::Camera), Some(&1));
    assert_eq!(publish(&mut machine, Source::Camera, 3), [DevicesOutput::Event(SourceEvent::Replaced(Source::Camera))]);
    let unpublish = |machine: &mut Machine| handle(machine, DevicesInput::Unpublish(Source::Camera));
    assert_eq!(unpublish(&mut machine), [DevicesOutput::Event(SourceEvent::Off(Source::Camera))]);
    assert_eq!(unpublish(&mut machine), []);
    set(&mut machine, 1, Source::Camera, true);
    captured(&mut machine, Source::Camera, Ok(4), Previous::Kept);
    assert_eq!(unpublish(&mut machine), [], "a device is no track of the application");
    assert_eq!(machine.track(Source::Camera), Some(&4));
}

#[test]
fn own_sources_are_there_as_long_as_their_tracks() {
    let mut machine = Machine::new();
    let board = Source::named("whiteboard").unwrap();
    publish(&mut machine, board, 9);
    publish(&mut machine, Source::named("whiteboardAudio").unwrap(), 2);
    publish(&mut machine, Source::Camera, 3);
    publish(&mut machine, board, 1);
    let ended = handle(&mut machine, DevicesInput::Ended(board));
    assert_eq!(ended, [DevicesOutput::Event(SourceEvent::Ended(board, None))]);
    handle(&mut machine, DevicesInput::Unpublish(Source::named("whiteboardAudio").unwrap()));
    handle(&mut machine, DevicesInput::Unpublish(Source::Camera));
    publish(&mut machine, board, 1);
    assert_eq!((machine.on().collect::<Vec<_>>(), machine.sources().count()), (vec![board], 5));
    let ended = handle(&mut machine, DevicesInput::Ended(board));
    assert_eq!(ended, [DevicesOutput::Event(SourceEvent::Ended(board, None))]);
    assert_eq!(machine.sources().count(), 4);
    // Nothing can be asked for it.
    assert_eq!(set(&mut machine, 0, board, true), [done(0, Ok(()))]);
}

fn publish(machine: &mut Machine, source: Source, track: u32) -> Vec<DevicesOutput<&'static str>> {
    handle(machine, DevicesInput::Publish { source, track, constraints: DeviceConstraints::default_of(source) })
}

#[test]
fn a_request_that_is_overtaken_by_many_does_not_wait() {
    let mut machine = Machine::new();
    let count = u32::try_from(WAITING).unwrap();
    for id in 0..count {
        set(&mut machine, id, Source::Camera, id % 2 == 0);
    }
    assert_eq!(set(&mut machine, count, Source::Camera, true), [done(0, Ok(()))]);
    assert_eq!(captured(&mut machine, Source::Camera, Err("busy"), Previous::Kept).len(), WAITING);
}

/// What happens next.
#[derive(Debug, Clone)]
enum Action {
    Set(Source, bool),
    Choose(DeviceConstraints),
    Start,
    Publish(Source),
    Unpublish(Source),
    /// The browser answers: the track that was there is kept, lost, or restored.
    Answer(Source, bool, u8),
    Ended(Source),
    Interrupted(Source, bool),
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![Just(Source::Camera), Just(Source::Microphone), Just(Source::Screen)]
}

fn action() -> impl Strategy<Value = Action> {
    let microphone = |device| MicrophoneOptions { device: Some(device), ..MicrophoneOptions::default() };
    prop_oneof![
        6 => (source(), any::<bool>()).prop_map(|(source, on)| Action::Set(source, on)),
        3 => "[abc]".prop_map(|device| Action::Choose(camera(&device))),
        3 => "[abc]".prop_map(move |device| Action::Choose(DeviceConstraints::Microphone(microphone(device)))),
        1 => Just(Action::Choose(DeviceConstraints::default_of(Source::Screen))),
        1 => Just(Action::Start),
        1 => source().prop_map(Action::Publish),
        1 => source().prop_map(Action::Unpublish),
        8 => (source(), any::<bool>(), 0..3_u8).prop_map(|(source, ok, kept)| Action::Answer(source, ok, kept)),
        2 => source().prop_map(Action::Ended),
        1 => (source(), any::<bool>()).prop_map(|(source, interrupted)| Action::Interrupted(source, interrupted)),
    ]
}

/// A browser and an application around the machine.
#[derive(Default)]
struct World {
    machine: Machine,
    requests: u32,
    /// How often each request was answered.
    answers: BTreeMap<u32, u32>,
    /// What is asked for: how the track was captured that was there.
    asked: BTreeMap<Source, Option<DeviceConstraints>>,
    tracks: u32,
    /// What the application knows to be on, and to be silenced.
    on: BTreeMap<Source, bool>,
    interrupted: BTreeMap<Source, bool>,
    /// The tracks that the system has silenced.
    silenced: BTreeSet<u32>,
}

impl World {
    fn act(&mut self, action: Action) {
        match action {
            Action::Set(source, on) => {
                let id = self.request();
                self.handle(DevicesInput::Set { id, source, on });
            }
            Action::Choose(constraints) => {
                let id = Some(self.request());
                self.handle(DevicesInput::Choose { id, constraints });
            }
            Action::Start => {
                self.handle(DevicesInput::Start(vec![Source::Microphone, Source::Camera]));
            }
            Action::Publish(source) => {
                let (track, constraints) = (self.track(), DeviceConstraints::default_of(source));
                self.handle(DevicesInput::Publish { source, track, constraints });
            }
            Action::Unpublish(source) => self.handle(DevicesInput::Unpublish(source)),
            Action::Answer(source, is_ok, kept) => self.answer(source, is_ok, kept),
            Action::Ended(source) => {
                if self.machine.track(source).is_some() {
                    self.handle(DevicesInput::Ended(source));
                }
            }
            Action::Interrupted(source, interrupted) => {
                if let Some(track) = self.machine.track(source) {
                    if interrupted {
                        self.silenced.insert(*track);
                    } else {
                        self.silenced.remove(track);
                    }
                }
                self.handle(DevicesInput::Interrupted { source, interrupted });
            }
        }
    }

    fn answer(&mut self, source: Source, is_ok: bool, kept: u8) {
        let Some(previous) = self.asked.remove(&source) else { return };
        let result = if is_ok { Ok(self.track()) } else { Err("refused") };
        let previous = match (previous, kept) {
            (None, _) | (_, 0) => Previous::Kept,
            (Some(_), 1) => Previous::Lost,
            (Some(_), _) if is_ok => Previous::Lost,
            (Some(_), _) => Previous::Restored(self.track()),
        };
        self.handle(DevicesInput::Captured { source, result, previous });
    }

    fn request(&mut self) -> RequestId {
        self.requests += 1;
        self.answers.insert(self.requests, 0);
        RequestId(self.requests)
    }

    fn track(&mut self) -> u32 {
        self.tracks += 1;
        self.tracks
    }

    fn handle(&mut self, input: DevicesInput<u32, &'static str>) {
        for output in handle(&mut self.machine, input) {
            match output {
                DevicesOutput::Capture { constraints, previous } => {
                    let before = self.asked.insert(constraints.source(), previous);
                    assert_eq!(before, None, "two requests are under way");
                }
                DevicesOutput::CaptureAll(all) => {
                    for constraints in all {
                        assert_eq!(self.asked.insert(constraints.source(), None), None, "two requests are under way");
                    }
                }
                DevicesOutput::SetEnabled { source, .. } => assert!(self.machine.track(source).is_some()),
                DevicesOutput::Done { id, .. } => *self.answers.get_mut(&id.0).expect("a request") += 1,
                DevicesOutput::Event(event) => self.event(event),
            }
        }
        for source in [Source::Camera, Source::Microphone, Source::Screen] {
            let is_on = self.on.get(&source).copied().unwrap_or_default();
            assert_eq!(self.machine.is_on(source), is_on, "{source:?}: the application knows something else");
            let silenced = is_on && self.machine.track(source).is_some_and(|track| self.silenced.contains(track));
            let known = self.interrupted.get(&source).copied().unwrap_or_default();
            assert_eq!(silenced, known, "{source:?}: the application knows something else of what is silenced");
        }
    }

    fn event(&mut self, event: SourceEvent<&'static str>) {
        match event {
            SourceEvent::On(source) | SourceEvent::Unmuted(source) => {
                assert!(!self.on.insert(source, true).unwrap_or_default(), "{source:?} is on twice");
            }
            SourceEvent::Off(source) | SourceEvent::Ended(source, _) => {
                assert_eq!(self.on.insert(source, false), Some(true), "{source:?} is off twice");
            }
            SourceEvent::Failed(source, _) => assert_ne!(self.on.get(&source), Some(&true)),
            SourceEvent::Replaced(source) => {
                let is_off = self.on.get(&source) != Some(&true);
                assert!(self.machine.track(source).is_some() || is_off, "{source:?} is on without a track");
            }
            SourceEvent::Interrupted(source, now) => {
                assert_ne!(self.interrupted.insert(source, now).unwrap_or_default(), now, "{source:?}: told twice");
            }
        }
    }
}

proptest! {
    #[test]
    fn in_any_order_all_are_answered_once_and_what_is_held_is_what_is_wanted(
        actions in proptest::collection::vec(action(), 0..80),
        last in any::<bool>(),
    ) {
        let mut world = World::default();
        for action in actions {
            world.act(action);
            prop_assert!(world.answers.values().all(|answers| *answers <= 1));
        }
        // The browser answers all that it was asked.
        while let Some((source, _)) = world.asked.first_key_value() {
            let source = *source;
            world.act(Action::Answer(source, true, 0));
        }
        prop_assert!(!world.machine.is_asking());
        prop_assert!(world.answers.values().all(|answers| *answers == 1), "{:?}", world.answers);
        for source in [Source::Camera, Source::Microphone, Source::Screen] {
            // At rest: the last word counts.
            world.act(Action::Set(source, last));
            while world.asked.contains_key(&source) {
                world.act(Action::Answer(source, true, 0));
            }
            prop_assert_eq!(world.machine.is_on(source), last);
        }
    }
}
