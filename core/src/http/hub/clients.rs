//! Those who listen. A frame is formatted once and shared; a queue that is full costs its listener the stream, nobody
//! else anything.

use std::sync::Arc;

use super::chunk::Chunk;
use super::pipe::{Listening, Pipe};

/// All who listen.
pub(super) struct Clients {
    all: Vec<Arc<Pipe>>,
    /// Most frames that wait for one, and most bytes of them.
    queue: (usize, usize),
}

impl Clients {
    /// Each with a queue of so many frames and so many bytes.
    pub fn new(queue: (usize, usize)) -> Self {
        Self { all: Vec::new(), queue }
    }

    /// How many are there; those that have left are forgotten.
    pub fn count(&mut self) -> usize {
        self.all.retain(|pipe| !pipe.is_over());
        self.all.len()
    }

    /// One more, who gets these frames first.
    pub fn add(&mut self, first: &[Chunk], chunked: bool) -> Listening {
        let pipe = Pipe::new(first, chunked);
        self.all.push(Arc::clone(&pipe));
        Listening::of(pipe)
    }

    /// Tells everyone; never waits.
    pub fn tell(&mut self, chunk: &Chunk) {
        self.all.retain(|pipe| pipe.tell(chunk, self.queue));
    }

    /// Ends every stream.
    pub fn clear(&mut self) {
        self.all.drain(..).for_each(|pipe| pipe.end());
    }
}
