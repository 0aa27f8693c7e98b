//! What two peers say to each other inside a packet.

use itodenwa_wire::limits::LISTED_SOURCES;
use itodenwa_wire::{Answer, Body, Candidate, Media, Offer, Refuse, RefuseCode, Rejoined, Source, SourceMap};
use wasm_bindgen::JsValue;

use super::read::{Result, Value};
use super::server::peer;
use super::write::Writer;
use crate::dom::object;

pub(crate) fn read_body(text: &str) -> Result<Body> {
    let (tag, value) = Value::parse(text)?.variant()?;
    Ok(match tag.as_str() {
        "offer" => {
            let (id, sdp, sources) = description(&value)?;
            Body::Offer(Offer { id, sdp, sources })
        }
        "answer" => {
            let (id, sdp, sources) = description(&value)?;
            Body::Answer(Answer { id, sdp, sources })
        }
        "candidate" => Body::Candidate(candidate(&value)?),
        "endOfCandidates" => Body::EndOfCandidates(value.text()?),
        "askTurn" => Body::AskTurn,
        "giveTurn" => Body::GiveTurn,
        "refuse" => {
            Body::Refuse(Refuse { id: value.field("id").u32()?, code: RefuseCode::named(&value.field("code").text()?) })
        }
        "media" => {
            let on = value.field("on").items()?;
            let on = on
                .iter()
                .take(LISTED_SOURCES)
                .filter_map(|what| known_source(what).transpose())
                .collect::<Result<_>>()?;
            Body::Media(Media { on })
        }
        "rejoined" => Body::Rejoined(Rejoined { former: peer(&value.field("former"))?, id: peer(&value.field("id"))? }),
        "hello" => Body::Hello,
        "bye" => Body::Bye,
        _ => Body::Unknown,
    })
}

pub(crate) fn write_body(body: &Body) -> String {
    let mut json = Writer::default();
    let name = match body {
        Body::AskTurn => "askTurn",
        Body::GiveTurn => "giveTurn",
        Body::Hello => "hello",
        Body::Bye => "bye",
        Body::Unknown => "unknown",
        body => {
            json.open('{');
            write_tagged(&mut json, body);
            json.close('}');
            return json.finish();
        }
    };
    json.text(name);
    json.finish()
}

fn write_tagged(json: &mut Writer, body: &Body) {
    match body {
        Body::Offer(Offer { id, sdp, sources }) => write_description(json, "offer", *id, sdp, sources),
        Body::Answer(Answer { id, sdp, sources }) => write_description(json, "answer", *id, sdp, sources),
        Body::Candidate(candidate) => write_candidate(json, candidate),
        Body::EndOfCandidates(fragment) => json.text_field("endOfCandidates", fragment),
        Body::Refuse(Refuse { id, code }) => {
            json.key("refuse");
            json.open('{');
            json.number_field("id", (*id).into());
            json.text_field("code", code.as_str());
            json.close('}');
        }
        Body::Media(Media { on }) => {
            json.key("media");
            json.open('{');
            json.key("on");
            json.open('[');
            on.iter().for_each(|source| json.text(&source.label()));
            json.close(']');
            json.close('}');
        }
        Body::Rejoined(Rejoined { former, id }) => {
            json.key("rejoined");
            json.open('{');
            json.text_field("former", &former.to_string());
            json.text_field("id", &id.to_string());
            json.close('}');
        }
        Body::AskTurn | Body::GiveTurn | Body::Hello | Body::Bye | Body::Unknown => {}
    }
}

fn description(value: &Value) -> Result<(u32, String, SourceMap)> {
    let entry = |entry: &Value| {
        let [mid, what] = entry.tuple()?;
        let mid = mid.text()?;
        Ok(known_source(&what)?.map(|source| (mid, source)))
    };
    let sources = value.field("sources").items()?;
    let sources =
        sources.iter().take(LISTED_SOURCES).filter_map(|source| entry(source).transpose()).collect::<Result<_>>()?;
    Ok((value.field("id").u32()?, value.field("sdp").text()?, sources))
}

fn write_description(json: &mut Writer, tag: &str, id: u32, sdp: &str, sources: &SourceMap) {
    json.key(tag);
    json.open('{');
    json.number_field("id", id.into());
    json.text_field("sdp", sdp);
    json.key("sources");
    json.open('[');
    for (mid, source) in sources {
        json.open('[');
        json.text(mid);
        json.text(&source.label());
        json.close(']');
    }
    json.close(']');
    json.close('}');
}

/// None for a source of a later version.
fn known_source(value: &Value) -> Result<Option<Source>> {
    Ok(Source::labelled(&value.text()?))
}

fn candidate(value: &Value) -> Result<Candidate> {
    let text = |name| value.optional(name).map(|text| text.text()).transpose();
    Ok(Candidate {
        candidate: value.field("candidate").text()?,
        sdp_mid: text("sdpMid")?,
        sdp_m_line_index: value.optional("sdpMLineIndex").map(|index| index.u16()).transpose()?,
        username_fragment: text("usernameFragment")?,
    })
}

/// Reads an `RTCIceCandidateInit` (W3C WebRTC, section 4.8.1.1).
pub(crate) fn read_candidate(init: JsValue) -> Result<Candidate> {
    candidate(&Value::new(init, "candidate"))
}

/// The candidate as an `RTCIceCandidateInit`.
pub(crate) fn candidate_init(candidate: &Candidate) -> JsValue {
    let Candidate { candidate, sdp_mid, sdp_m_line_index, username_fragment } = candidate;
    let text = |text: &Option<String>| text.as_ref().map_or(JsValue::UNDEFINED, JsValue::from);
    let init = object([
        ("candidate", candidate.into()),
        ("sdpMid", text(sdp_mid)),
        ("sdpMLineIndex", sdp_m_line_index.map_or(JsValue::UNDEFINED, JsValue::from)),
        ("usernameFragment", text(username_fragment)),
    ]);
    init.into()
}

fn write_candidate(json: &mut Writer, candidate: &Candidate) {
    json.key("candidate");
    json.open('{');
    json.text_field("candidate", &candidate.candidate);
    json.optional_field("sdpMid", candidate.sdp_mid.as_deref());
    if let Some(index) = candidate.sdp_m_line_index {
        json.number_field("sdpMLineIndex", index.into());
    }
    json.optional_field("usernameFragment", candidate.username_fragment.as_deref());
    json.close('}');
}
