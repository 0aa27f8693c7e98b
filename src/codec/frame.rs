//! What two peers say over their control channel.

use itodenwa_wire::limits::TEXT_BYTES;
use itodenwa_wire::{Attribute, Format, Frame, Source, Text, TextStream};
use js_sys::JsString;
use wasm_bindgen::{JsCast, JsValue};

use super::client::write_packet;
use super::read::{Malformed, Result, Value};
use super::server::packet;
use super::write::Writer;

/// Most UTF-16 units of a frame: every byte of the text escaped, and what is around it.
pub(crate) const FRAME_UNITS: u32 = 6 * TEXT_BYTES as u32 + 64;

/// Reads what came, without copying what is too large.
pub(crate) fn read_frame(data: &JsValue) -> Result<Frame> {
    let text = data.dyn_ref::<JsString>().ok_or(Malformed("it is binary"))?;
    if text.length() > FRAME_UNITS {
        return Err(Malformed("it is too large"));
    }
    let (tag, value) = Value::parse(&String::from(text))?.variant()?;
    Ok(match tag.as_str() {
        "text" => {
            let (number, text) = (value.field("number").u32()?, value.field("text").text()?);
            if text.len() > TEXT_BYTES {
                return Err(Malformed("the text is too large"));
            }
            let format = value.given("format").map(|format| format.text()).transpose()?;
            Frame::Text(Text { number, text, format: format.map_or(Format::Text, |name| Format::named(&name)) })
        }
        "stream" => Frame::Stream(TextStream {
            id: value.field("id").u32()?,
            next: value.field("next").u32()?,
            packets: value.given("packets").map_or(Ok(false), |packets| packets.flag())?,
        }),
        "packet" => Frame::Packet(packet(&value)?),
        "ack" => Frame::Ack(value.u32()?),
        "shown" => {
            let shown = |shown: &Value| {
                let [what, width, height] = shown.tuple()?;
                let (width, height) = (width.u32()?, height.u32()?);
                // They are ours, so none is new.
                Ok(Source::labelled_before(&what.text()?).map(|source| (source, width, height)))
            };
            Frame::Shown(value.items()?.iter().filter_map(|one| shown(one).transpose()).collect::<Result<_>>()?)
        }
        "attribute" => Frame::Attribute(Attribute {
            room: value.field("room").flag()?,
            key: value.field("key").text()?,
            value: value.field("value").text()?,
            version: value.field("version").u32()?,
        }),
        "beat" => Frame::Heartbeat,
        _ => return Err(Malformed("no frame has this name")),
    })
}

pub(crate) fn write_frame(frame: &Frame) -> String {
    let mut json = Writer::default();
    if *frame == Frame::Heartbeat {
        json.text("beat");
        return json.finish();
    }
    json.open('{');
    match frame {
        Frame::Heartbeat => {}
        Frame::Packet(packet) => write_packet(&mut json, packet),
        Frame::Stream(TextStream { id, next, packets }) => {
            json.key("stream");
            json.open('{');
            json.number_field("id", (*id).into());
            json.number_field("next", (*next).into());
            if *packets {
                json.key("packets");
                json.flag(true);
            }
            json.close('}');
        }
        Frame::Text(Text { number, text, format }) => {
            json.key("text");
            json.open('{');
            json.number_field("number", (*number).into());
            json.text_field("text", text);
            json.optional_field("format", (*format != Format::Text).then(|| format.as_str()));
            json.close('}');
        }
        Frame::Ack(number) => json.number_field("ack", (*number).into()),
        Frame::Shown(shown) => {
            json.key("shown");
            json.open('[');
            for (source, width, height) in shown {
                json.open('[');
                json.text(&source.label());
                json.number((*width).into());
                json.number((*height).into());
                json.close(']');
            }
            json.close(']');
        }
        Frame::Attribute(Attribute { room, key, value, version }) => {
            json.key("attribute");
            json.open('{');
            json.key("room");
            json.flag(*room);
            json.text_field("key", key);
            json.text_field("value", value);
            json.number_field("version", (*version).into());
            json.close('}');
        }
    }
    json.close('}');
    json.finish()
}
