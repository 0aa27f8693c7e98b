use itodenwa_protocol::Time;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now, catch)]
    fn performance_now() -> Result<f64, JsValue>;
}

/// Milliseconds since it was made, monotonic (W3C High Resolution Time).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: f64,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Clock { start: now() }
    }

    pub(crate) fn now(self) -> Time {
        // Saturates: never negative, and never too large for the page's lifetime.
        Time::from_millis((now() - self.start) as u64)
    }
}

fn now() -> f64 {
    performance_now().unwrap_or_default()
}
