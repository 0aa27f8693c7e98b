use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use gloo_timers::callback;

use super::held::{Held, Kind};
use crate::oneshot;

/// Ready after a while; dropping it takes it back.
#[derive(Debug)]
pub(crate) struct Timer {
    over: oneshot::Receiver<()>,
    _timeout: Timeout,
}

/// Calls once after a while, if this lives until then.
#[derive(Debug)]
pub(crate) struct Timeout {
    _timeout: callback::Timeout,
    _held: Held,
}

/// Calls again and again, as long as this lives.
#[derive(Debug)]
pub(crate) struct Interval {
    _interval: callback::Interval,
    _held: Held,
}

impl Timer {
    pub(crate) fn new(after: Duration) -> Self {
        let (done, over) = oneshot::channel();
        Timer { over, _timeout: Timeout::new(after, move || done.send(())) }
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.over).poll(cx).map(|_| ())
    }
}

impl Timeout {
    pub(crate) fn new(after: Duration, call: impl FnOnce() + 'static) -> Self {
        Timeout::boxed(after, Box::new(call))
    }

    /// Longer than 2³¹ milliseconds is taken as that: the browser would call at once.
    fn boxed(after: Duration, call: Box<dyn FnOnce()>) -> Self {
        let millis = i32::try_from(after.as_millis()).unwrap_or(i32::MAX).unsigned_abs();
        Timeout { _timeout: callback::Timeout::new(millis, call), _held: Held::new(Kind::Timer) }
    }
}

impl Interval {
    pub(crate) fn new(millis: u32, call: impl FnMut() + 'static) -> Self {
        Interval { _interval: callback::Interval::new(millis, call), _held: Held::new(Kind::Timer) }
    }
}
