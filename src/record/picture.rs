//! Pictures side by side, on a canvas.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, MediaStream, MediaStreamTrack};

use super::seat::Seat;
use crate::dom::{Canvas, Held, Kind, Painter, global};
use crate::error::RecordError;

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
const BACKGROUND: &str = "#14161b";
const INK: &str = "#ece7de";
const FONT: &str = "24px system-ui, sans-serif";
/// From a name to the edges of its place.
const MARGIN: f64 = 16.0;

/// A track of pictures that never changes, whatever is painted.
#[derive(Debug)]
pub(super) struct Picture {
    painter: Painter,
    stream: MediaStream,
    _held: Held,
}

/// Where somebody is painted.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Picture {
    pub(super) fn new(rate: u32) -> Result<Self, RecordError> {
        let document: Document = global("document").dyn_into().map_err(|_| RecordError::Unsupported)?;
        let canvas = document.create_element("canvas").map_err(|_| RecordError::Unsupported)?;
        let canvas: Canvas = canvas.unchecked_into();
        canvas.set_width(WIDTH);
        canvas.set_height(HEIGHT);
        // Before it is captured, as Firefox asks.
        let painter = canvas.context("2d").ok().flatten().ok_or(RecordError::Unsupported)?;
        let stream = canvas.capture(rate).map_err(|_| RecordError::Unsupported)?;
        Ok(Picture { painter, stream, _held: Held::new(Kind::Track) })
    }

    /// What is recorded.
    pub(super) fn track(&self) -> JsValue {
        self.stream.get_video_tracks().get(0)
    }

    pub(super) fn paint(&self, seats: &[Seat]) {
        let painter = &self.painter;
        painter.set_fill(BACKGROUND);
        painter.fill_rect(0.0, 0.0, f64::from(WIDTH), f64::from(HEIGHT));
        painter.set_fill(INK);
        painter.set_font(FONT);
        for (index, seat) in seats.iter().enumerate() {
            let place = Place::of(index, seats.len());
            if let Some(size) = seat.picture() {
                let Place { x, y, width, height } = place.around(size);
                // What can't be painted now is painted the next time.
                let _ = painter.draw(&seat.video, x, y, width, height);
            }
            if let Some(name) = &seat.name {
                let (x, y) = (place.x + MARGIN, place.y + place.height - MARGIN);
                painter.fill_text(name, x, y, place.width - 2.0 * MARGIN);
            }
        }
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        if let Ok(track) = self.track().dyn_into::<MediaStreamTrack>() {
            track.stop();
        }
    }
}

impl Place {
    /// One of so many, in rows that are as wide as they are many.
    fn of(index: usize, count: usize) -> Self {
        let columns = (1..).find(|side| side * side >= count).unwrap_or(1);
        let rows = count.div_ceil(columns).max(1);
        let (width, height) = (f64::from(WIDTH) / columns as f64, f64::from(HEIGHT) / rows as f64);
        let (column, row) = (index % columns, index / columns);
        Place { x: column as f64 * width, y: row as f64 * height, width, height }
    }

    /// The largest place within for a picture of this size, whole.
    fn around(self, (width, height): (f64, f64)) -> Self {
        let scale = (self.width / width).min(self.height / height);
        let (width, height) = (width * scale, height * scale);
        let (x, y) = (self.x + (self.width - width) / 2.0, self.y + (self.height - height) / 2.0);
        Place { x, y, width, height }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_have_places_of_their_own() {
        for count in 1..=36 {
            let places: Vec<Place> = (0..count).map(|index| Place::of(index, count)).collect();
            for (index, place) in places.iter().enumerate() {
                assert!(place.x + place.width <= f64::from(WIDTH) + 0.001, "{count}: {place:?}");
                assert!(place.y + place.height <= f64::from(HEIGHT) + 0.001, "{count}: {place:?}");
                assert!(!places[..index].contains(place));
            }
        }
        assert_eq!(Place::of(0, 1), Place { x: 0.0, y: 0.0, width: 1280.0, height: 720.0 });
        assert_eq!(Place::of(1, 2), Place { x: 640.0, y: 0.0, width: 640.0, height: 720.0 });
    }

    #[test]
    fn pictures_are_whole() {
        let place = Place { x: 640.0, y: 0.0, width: 640.0, height: 720.0 };
        assert_eq!(place.around((320.0, 180.0)), Place { x: 640.0, y: 180.0, width: 640.0, height: 360.0 });
    }
}
