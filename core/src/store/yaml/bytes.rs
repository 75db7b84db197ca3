//! What a byte of the plain style may be.

/// A byte that keys consist of.
pub const WORD: u8 = 1;
/// A byte that a plain scalar goes on with, whatever follows.
pub const INNER: u8 = 2;

/// What each byte may be.
const BYTES: [u8; 256] = {
    let mut bytes = [0; 256];
    let mut byte = 0_u8;
    loop {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/') {
            bytes[byte as usize] |= WORD;
        }
        if !matches!(byte, b'\n' | b' ' | b':' | b',' | b'[' | b']' | b'{' | b'}') {
            bytes[byte as usize] |= INNER;
        }
        if byte == u8::MAX {
            break bytes;
        }
        byte += 1;
    }
};

/// How many of the first bytes are of a kind.
pub fn run_of(kind: u8, bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| BYTES[usize::from(*byte)] & kind == 0).unwrap_or(bytes.len())
}
