use web_sys::HtmlMediaElement;

/// How somebody is to be heard. What was never said is left as the application's element has it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Audible {
    pub(crate) volume: Option<f64>,
    pub(crate) muted: Option<bool>,
}

impl Audible {
    pub(super) fn apply(self, element: &HtmlMediaElement) {
        if let Some(volume) = self.volume {
            element.set_volume(volume);
        }
        if let Some(muted) = self.muted {
            element.set_muted(muted);
        }
    }
}
