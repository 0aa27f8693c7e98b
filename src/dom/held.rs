use std::cell::Cell;

thread_local! {
    static COUNTS: Cell<Counts> = const { Cell::new(Counts { connections: 0, listeners: 0, timers: 0, tracks: 0, sounds: 0 }) };
}

/// What this crate holds of the browser right now, over all rooms and calls of the page. All zero when none is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections (`RTCPeerConnection`) that are not closed, and signalling sockets.
    pub connections: u32,
    /// Event listeners.
    pub listeners: u32,
    /// Timers.
    pub timers: u32,
    /// Media tracks: own ones that are captured, copies of them that are listened to, and others' that are shown.
    pub tracks: u32,
    /// Audio contexts, which measure how loud one is oneself, and mix what is recorded.
    pub sounds: u32,
}

/// What is held now.
#[must_use]
pub fn counts() -> Counts {
    COUNTS.get()
}

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Connection,
    Listener,
    Timer,
    Track,
    Sound,
}

/// One thing of a kind, counted as long as this lives: a field of the value that owns the thing.
#[derive(Debug)]
pub(crate) struct Held(Kind);

impl Held {
    pub(crate) fn new(kind: Kind) -> Self {
        change(kind, |count| count.saturating_add(1));
        Held(kind)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        change(self.0, |count| count.saturating_sub(1));
    }
}

fn change(kind: Kind, by: impl Fn(u32) -> u32) {
    // Fails only while the thread ends, when nobody counts any more.
    let _ = COUNTS.try_with(|cell| {
        let mut counts = cell.get();
        let count = match kind {
            Kind::Connection => &mut counts.connections,
            Kind::Listener => &mut counts.listeners,
            Kind::Timer => &mut counts.timers,
            Kind::Track => &mut counts.tracks,
            Kind::Sound => &mut counts.sounds,
        };
        *count = by(*count);
        cell.set(counts);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_not_counted() {
        let one = Held::new(Kind::Timer);
        let two = Held::new(Kind::Timer);
        assert_eq!(counts(), Counts { timers: 2, ..Counts::default() });
        drop((one, two));
        assert_eq!(counts(), Counts::default());
    }
}
