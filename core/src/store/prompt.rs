//! Prompts: texts that people and programs write into files of their own.

use std::io;
use std::path::Path;

use super::bounded;

/// Most bytes of a prompt: more than any model takes in.
pub const MAX_PROMPT: usize = 4 << 20;

/// Reads a prompt of a project.
///
/// # Errors
/// What the system says, also of what is no file; [`io::ErrorKind::FileTooLarge`] above [`MAX_PROMPT`], [`io::ErrorKind::InvalidData`] where it is
/// no UTF-8.
pub fn read(path: &Path) -> io::Result<String> {
    text(bounded::read_regular(path, MAX_PROMPT)?)
}

/// Reads a prompt from wherever a person says: a file, standard input, another program.
///
/// # Errors
/// As [`read`].
pub fn take(path: &Path) -> io::Result<String> {
    text(bounded::read(path, MAX_PROMPT)?)
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    if bytes.len() > MAX_PROMPT {
        let message = format!(
            "it has more than {MAX_PROMPT} bytes, the most that a prompt may have; put what is long into another file, \
             and name that in the prompt"
        );
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no UTF-8; save it as UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_a_text_of_a_size_that_can_be_meant() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.md");
        let kind = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            read(&path).map_err(|error| error.kind())
        };
        assert_eq!(kind("grüße".as_bytes()), Ok("grüße".to_owned()));
        assert_eq!(kind(&vec![b'x'; MAX_PROMPT]).map(|text| text.len()), Ok(MAX_PROMPT));
        assert_eq!(kind(&vec![b'x'; MAX_PROMPT + 1]), Err(io::ErrorKind::FileTooLarge));
        assert_eq!(kind(b"\xff"), Err(io::ErrorKind::InvalidData));
        assert_eq!(read(&dir.path().join("b.md")).map_err(|e| e.kind()), Err(io::ErrorKind::NotFound));
    }
}
