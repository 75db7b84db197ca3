//! What a step printed, as a text that fits into a prompt: cut and marked, or only named where it is no text.

/// The text of a file of which `head` is the beginning and `tail` the end, `total` bytes in all (`tail` is empty
/// where `head` is all). What lies between is marked with its size; what is no text is named with its size. `path`
/// is where all of it can be read.
pub fn cut(head: &[u8], tail: &[u8], total: u64, path: &str) -> String {
    if is_binary(head) || is_binary(tail) {
        return format!("[{total} bytes that are no text: {path}]");
    }
    if tail.is_empty() {
        return String::from_utf8_lossy(head).into_owned();
    }
    let head = whole_lines(head, |line| line.iter().rposition(|b| *b == b'\n').map_or(head, |n| &head[..=n]));
    let tail =
        whole_lines(tail, |rest| rest.iter().position(|b| *b == b'\n').map_or(tail, |n| &tail[n + 1..]));
    let missing = total.saturating_sub((head.len() + tail.len()) as u64);
    let (head, tail) = (String::from_utf8_lossy(head), String::from_utf8_lossy(tail));
    let gap = if head.ends_with('\n') { "" } else { "\n" };
    format!("{head}{gap}[… {missing} bytes are cut out here; all of it is in {path} …]\n{tail}")
}

/// The part made of whole lines, unless that would be less than half.
fn whole_lines<'a>(bytes: &'a [u8], part: impl Fn(&'a [u8]) -> &'a [u8]) -> &'a [u8] {
    let lines = part(bytes);
    if lines.len() * 2 >= bytes.len() { lines } else { bytes }
}

/// A NUL, or much that is not UTF-8.
fn is_binary(bytes: &[u8]) -> bool {
    let broken = bytes.utf8_chunks().filter(|c| !c.invalid().is_empty()).count();
    bytes.contains(&0) || broken > 2 + bytes.len() / 20
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_whole_and_what_does_not_is_cut_at_lines_and_marked() {
        assert_eq!(cut("grün\n".as_bytes(), b"", 6, "/x"), "grün\n");
        assert_eq!(
            cut(b"one\ntwo\nth", b"ree\nlast line\n", 1000, "/x"),
            "one\ntwo\n[… 982 bytes are cut out here; all of it is in /x …]\nlast line\n"
        );
        assert_eq!(
            cut(b"aaaa", b"bbbb", 10, "/x"),
            "aaaa\n[… 2 bytes are cut out here; all of it is in /x …]\nbbbb"
        );
    }

    #[test]
    fn what_is_no_text_is_named() {
        assert_eq!(cut(b"\x7fELF\0\0", b"", 6, "/x"), "[6 bytes that are no text: /x]");
        assert_eq!(cut(&[0xff; 100], b"", 100, "/x"), "[100 bytes that are no text: /x]");
        assert!(cut(b"caf\xe9\n", b"", 5, "/x").starts_with("caf"), "a stray byte makes no binary");
    }
}
