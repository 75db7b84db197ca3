//! Bytes as they go over the wire, made once for all listeners.

use std::ops::Range;

use axum::body::Bytes;

/// One or several events of a stream, with the frame that the chunked coding puts around them.
#[derive(Debug, Clone)]
pub(super) struct Chunk {
    bytes: Bytes,
    /// Where in it the events themselves stand: all that a client of HTTP/1.0 gets.
    events: Range<usize>,
}

/// The end of a stream in the chunked coding.
pub(super) const END: &[u8] = b"0\r\n\r\n";

impl Chunk {
    /// Events, one after the other.
    pub fn of(events: &[&[u8]]) -> Self {
        let size: usize = events.iter().map(|event| event.len()).sum();
        let mut bytes = format!("{size:x}\r\n").into_bytes();
        let begin = bytes.len();
        bytes.reserve_exact(size + 2);
        events.iter().for_each(|event| bytes.extend_from_slice(event));
        bytes.extend_from_slice(b"\r\n");
        Self { bytes: bytes.into(), events: begin..begin + size }
    }

    /// Several chunks as one, so that they cost a listener one call of the system; `None` where there are none.
    pub fn joined(chunks: &[Self]) -> Option<Self> {
        match chunks {
            [] => None,
            [one] => Some(one.clone()),
            many => Some(Self::of(&many.iter().map(Self::events).collect::<Vec<_>>())),
        }
    }

    /// What goes over the wire.
    pub fn wire(&self, chunked: bool) -> Bytes {
        if chunked { self.bytes.clone() } else { self.bytes.slice(self.events.clone()) }
    }

    /// The events alone.
    pub fn events(&self) -> &[u8] {
        &self.bytes[self.events.clone()]
    }

    /// Size of the events in bytes.
    pub fn len(&self) -> usize {
        self.events.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_stand_in_the_frame_of_a_chunk_and_several_of_them_in_one() {
        let (one, two) = (Chunk::of(&[b"data: a\n\n"]), Chunk::of(&[b"data: bb\n\n"]));
        assert_eq!(one.wire(true), "9\r\ndata: a\n\n\r\n");
        assert_eq!(one.wire(false), "data: a\n\n");
        let both = Chunk::joined(&[one, two]).unwrap();
        assert_eq!(both.wire(true), "13\r\ndata: a\n\ndata: bb\n\n\r\n");
        assert_eq!((both.len(), both.wire(false).len()), (19, 19));
        assert!(Chunk::joined(&[]).is_none());
    }
}
