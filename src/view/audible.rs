use web_sys::HtmlMediaElement;

/// How somebody is to be heard. What was never said is left as the application's element has it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Audible {
    pub(crate) volume: Option<f64>,
    pub(crate) muted: Option<bool>,
}

impl Audible {
    /// Gives what was before: of what was said now for the first time how the element had it, and of the rest what is known.
    pub(super) fn apply(self, element: &HtmlMediaElement, mut before: Self) -> Self {
        if let Some(volume) = self.volume {
            before.volume.get_or_insert_with(|| element.volume());
            element.set_volume(volume);
        }
        if let Some(muted) = self.muted {
            before.muted.get_or_insert_with(|| element.muted());
            element.set_muted(muted);
        }
        before
    }
}
