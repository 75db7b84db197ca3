//! How many connections there may be, and which has to go where one more comes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::hub::Listening;

/// What the task of a connection is called for.
pub(super) enum Call {
    /// To end at once.
    Close,
    /// To end when what is under way is answered.
    Leave,
    /// To send a stream from now on: the answer of the request under way, and the last.
    Stream(Listening),
}

/// The place of one connection.
pub(super) struct Seat {
    /// Since when the next request may come.
    waits_since: Mutex<Instant>,
    /// It has shown a token.
    known: AtomicBool,
    calls: Mutex<VecDeque<Call>>,
    called: Notify,
}

impl Default for Seat {
    fn default() -> Self {
        Self {
            waits_since: Mutex::new(Instant::now()),
            known: AtomicBool::default(),
            calls: Mutex::default(),
            called: Notify::default(),
        }
    }
}

impl Seat {
    /// How long the request under way may already have taken to come.
    pub fn waited(&self) -> Duration {
        self.waits_since.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// A request is answered; the next one may come.
    pub fn answered(&self) {
        *self.waits_since.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Calls its connection.
    pub fn call(&self, call: Call) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push_back(call);
        self.called.notify_one();
    }

    /// Waits to be called.
    pub async fn called(&self) -> Call {
        loop {
            let call = self.calls.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            match call {
                Some(call) => return call,
                None => self.called.notified().await,
            }
        }
    }

    /// It has shown a token, so it is not put out for strangers.
    pub fn settle(&self) {
        self.known.store(true, Ordering::Relaxed);
    }
}

/// All places.
pub(super) struct Seats {
    taken: Mutex<(u64, BTreeMap<u64, Arc<Seat>>)>,
    most: usize,
}

/// A place that is taken; given back when dropped.
pub(super) struct Taken {
    seats: Arc<Seats>,
    number: u64,
    /// The place.
    pub seat: Arc<Seat>,
}

impl Seats {
    /// So many.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { taken: Mutex::default(), most })
    }

    /// Takes a place. Where none is free, the connection goes that has waited longest without showing a token: strangers
    /// who hold connections open keep nobody out. `None` where all have shown one.
    pub fn take(self: &Arc<Self>) -> Option<Taken> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, seats) = &mut *taken;
        if seats.len() >= self.most {
            let stranger = seats.iter().find(|(_, seat)| !seat.known.load(Ordering::Relaxed));
            let number = *stranger?.0;
            if let Some(seat) = seats.remove(&number) {
                seat.call(Call::Close);
            }
        }
        *next += 1;
        let seat = Arc::new(Seat::default());
        seats.insert(*next, Arc::clone(&seat));
        Some(Taken { seats: Arc::clone(self), number: *next, seat })
    }
}

impl Seats {
    /// Every connection ends when what is under way is answered.
    pub fn leave(&self) {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.1.values().for_each(|seat| seat.call(Call::Leave));
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner).1.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_stranger_makes_room_and_whoever_is_known_stays() {
        let seats = Seats::new(2);
        let known = seats.take().unwrap();
        known.seat.settle();
        let stranger = seats.take().unwrap();
        let third = seats.take().unwrap();
        assert!(Arc::strong_count(&stranger.seat) == 1 && Arc::strong_count(&known.seat) == 2);
        third.seat.settle();
        assert!(seats.take().is_none(), "all are known");
        drop(known);
        assert!(seats.take().is_some());
    }
}
