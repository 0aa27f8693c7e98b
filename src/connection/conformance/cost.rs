//! What the largest descriptions that are taken from peers cost this browser.

use itodenwa_model::conformance::{Browser, Peer};
use itodenwa_model::sdp::Kind;
use itodenwa_protocol::{Command, Report, description};
use itodenwa_wire::limits::LINES_PER_KIND;
use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::{Page, This};

/// What counts as a page that stutters. Milliseconds.
const LIMIT: f64 = 50.0;
/// Where the processors are slow or busy: what the browser's own largest offer costs there, so many times.
const OWN_OFFERS: f64 = 2.0;
/// As many pictures as a page offers at most.
const PICTURES: usize = 22;
/// The least of so many tries is what it costs: others use the processors, too.
const TRIES: usize = 12;

/// Gives a function that stops, and gives the longest time without a task since, in milliseconds.
const WATCH: &str = "
    const { port1, port2 } = new MessageChannel();
    let [last, longest, goesOn] = [performance.now(), 0, true];
    const look = () => {
        const now = performance.now();
        [last, longest] = [now, Math.max(longest, now - last)];
    };
    port1.onmessage = () => {
        look();
        if (goesOn) port2.postMessage(0);
    };
    port2.postMessage(0);
    return () => {
        goesOn = false;
        look();
        return longest;
    };";

/// Lines that a peer may add to each media description: a number, and the payload types that there are.
type Line = fn(usize, &[&str]) -> String;

/// Each takes a browser longer for each of the others.
const LINES: [(&str, Line); 5] = [
    ("feedback for all", |number, _| format!("a=rtcp-fb:* x{number}")),
    ("parameters of one codec", |number, types| parameters(number, nth(types, 0), 1000)),
    ("parameters of each codec", |number, types| parameters(number, nth(types, number), 150)),
    ("feedback for each codec", |number, types| format!("a=rtcp-fb:{} x{number}", nth(types, number / 8))),
    ("candidates", |number, _| format!("a=candidate:{number} 1 udp 2122260223 10.0.0.{number} 9 typ host")),
];

fn nth<'a>(types: &[&'a str], number: usize) -> &'a str {
    types.iter().cycle().nth(number).copied().unwrap_or_default()
}

fn parameters(number: usize, payload_type: &str, bytes: usize) -> String {
    let parameters = (0..bytes / 7).map(|place| format!("{number}x{place}=1;"));
    let mut line = format!("a=fmtp:{payload_type} {}", parameters.collect::<String>());
    line.truncate(bytes);
    line
}

/// The description with this line so many times in each media description.
fn with(sdp: &str, line: Line, count: usize) -> String {
    let add = |(place, media): (usize, &str)| {
        let types: Vec<&str> = media.lines().next().unwrap_or_default().split(' ').skip(3).collect();
        let count = if place == 0 || types.len() < 2 { 0 } else { count };
        let lines: String = (0..count).map(|number| format!("{}\r\n", line(number, &types))).collect();
        let end = if media.ends_with('\n') { "" } else { "\r\n" };
        format!("{media}{end}{lines}")
    };
    sdp.split("\r\nm=").enumerate().map(add).collect::<Vec<_>>().join("m=")
}

/// The same with as many as are taken.
fn full(sdp: &str, line: Line) -> String {
    let taken = |count: &usize| description::check(with(sdp, line, *count)).is_ok();
    let counts: Vec<usize> = (0..=LINES_PER_KIND).collect();
    let most = counts.partition_point(taken).saturating_sub(1);
    with(sdp, line, most)
}

async fn offered(pictures: usize) -> String {
    let mut page = This.open();
    page.add(Kind::Audio);
    (0..pictures).for_each(|_| page.add(Kind::Video));
    page.begin(Command::MakeOffer { send: Vec::new(), ice_restart: false });
    let Some(Report::OfferMade { sdp, .. }) = page.answer().await else { panic!("no offer") };
    sdp
}

/// How long the page does nothing else while it takes a description, or refuses it.
async fn cost(sdp: &str) -> f64 {
    let mut page: Page = This.open();
    let stop: Function = Function::new_no_args(WATCH).call0(&JsValue::NULL).unwrap().unchecked_into();
    page.begin(Command::SetOffer { sdp: sdp.into() });
    page.answer().await;
    stop.call0(&JsValue::NULL).unwrap().as_f64().unwrap()
}

#[wasm_bindgen_test]
async fn the_largest_descriptions_that_are_taken_do_not_hold_the_page() {
    let (mut is_short, mut measured) = (true, Vec::new());
    let largest = offered(PICTURES).await;
    for pictures in [1, 8, 15, PICTURES] {
        let own = offered(pictures).await;
        assert!(description::check(own.clone()).is_ok(), "an offer of {pictures} pictures is taken");
        let all = LINES.iter().fold(own.clone(), |sdp, (_, line)| full(&sdp, *line));
        let each = LINES.iter().map(|(name, line)| (*name, full(&own, *line)));
        for (name, sdp) in each.chain([("all of them", all), ("nothing", own.clone())]) {
            let (mut least, mut limit) = (f64::INFINITY, LIMIT);
            let mut own_offer = f64::INFINITY;
            for _ in 0..TRIES {
                least = least.min(cost(&sdp).await);
                if least < limit {
                    break;
                }
                own_offer = own_offer.min(cost(&largest).await);
                limit = LIMIT.max(OWN_OFFERS * own_offer);
            }
            measured.push(format!("{pictures} pictures and {name}: {least:.0} of {limit:.0} ms, {} bytes", sdp.len()));
            is_short &= least < limit;
        }
    }
    assert!(is_short, "{measured:#?}");
}
