use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use gloo_timers::future::TimeoutFuture;

use super::held::{Held, Kind};

/// Ready after a while; dropping it takes it back.
#[derive(Debug)]
pub(crate) struct Timer {
    timeout: TimeoutFuture,
    _held: Held,
}

impl Timer {
    /// Longer than 2³¹ milliseconds is taken as that: the browser would fire at once.
    pub(crate) fn new(after: Duration) -> Self {
        let millis = i32::try_from(after.as_millis()).unwrap_or(i32::MAX).unsigned_abs();
        Timer { timeout: TimeoutFuture::new(millis), _held: Held::new(Kind::Timer) }
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.timeout).poll(cx)
    }
}
