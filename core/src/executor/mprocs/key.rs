//! Keys: as mprocs names them, and as a terminal sends them.

use super::MprocsError;

/// One key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    name: String,
    bytes: Vec<u8>,
}

/// Keys with a name: what a terminal sends for each.
const NAMED: &[(&str, &[u8])] = &[
    ("Enter", b"\r"),
    ("Tab", b"\t"),
    ("BS", b"\x7f"),
    ("Esc", b"\x1b"),
    ("Space", b" "),
    ("Up", b"\x1b[A"),
    ("Down", b"\x1b[B"),
    ("Right", b"\x1b[C"),
    ("Left", b"\x1b[D"),
    ("Home", b"\x1b[H"),
    ("End", b"\x1b[F"),
    ("Insert", b"\x1b[2~"),
    ("Del", b"\x1b[3~"),
    ("PageUp", b"\x1b[5~"),
    ("PageDown", b"\x1b[6~"),
    ("F1", b"\x1bOP"),
    ("F2", b"\x1bOQ"),
    ("F3", b"\x1bOR"),
    ("F4", b"\x1bOS"),
    ("F5", b"\x1b[15~"),
    ("F6", b"\x1b[17~"),
    ("F7", b"\x1b[18~"),
    ("F8", b"\x1b[19~"),
    ("F9", b"\x1b[20~"),
    ("F10", b"\x1b[21~"),
    ("F11", b"\x1b[23~"),
    ("F12", b"\x1b[24~"),
];

impl Key {
    /// Reads `a`, `<a>`, `<C-c>`, `<M-x>`, `<Enter>`, `<F5>`; names in any case.
    ///
    /// # Errors
    /// [`MprocsError::Key`].
    pub fn parse(text: &str) -> Result<Self, MprocsError> {
        let wrong = || MprocsError::Key(text.to_owned());
        let inner = match text.strip_prefix('<').and_then(|t| t.strip_suffix('>')) {
            Some(inner) if !inner.is_empty() => inner,
            _ => text,
        };
        let (mut control, mut alt, mut rest) = (false, false, inner);
        while let Some((modifier, after)) =
            rest.split_once('-').filter(|(m, a)| m.len() == 1 && !a.is_empty())
        {
            match modifier {
                "C" | "c" => control = true,
                "M" | "m" => alt = true,
                _ => return Err(wrong()),
            }
            rest = after;
        }
        let (name, mut bytes) = plain(rest).ok_or_else(wrong)?;
        if control {
            let [byte] = bytes[..] else { return Err(wrong()) };
            if !byte.is_ascii_alphabetic() && !b"@[\\]^_ ".contains(&byte) {
                return Err(wrong());
            }
            bytes = vec![byte.to_ascii_uppercase() & 0x1f];
        }
        if alt {
            bytes.insert(0, 0x1b);
        }
        let (c, m) = (if control { "C-" } else { "" }, if alt { "M-" } else { "" });
        Ok(Self { name: format!("<{c}{m}{name}>"), bytes })
    }

    /// As mprocs names it: `<C-c>`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As a terminal sends it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn plain(text: &str) -> Option<(String, Vec<u8>)> {
    if let Some((name, bytes)) = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
        return Some(((*name).to_owned(), bytes.to_vec()));
    }
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if !c.is_control() => Some((c.to_string(), c.to_string().into_bytes())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named_as_mprocs_names_them_and_sent_as_terminals_do() {
        let table: &[(&str, &str, &[u8])] = &[
            ("a", "<a>", b"a"),
            ("<a>", "<a>", b"a"),
            ("é", "<é>", "é".as_bytes()),
            ("<C-c>", "<C-c>", &[3]),
            ("<M-x>", "<M-x>", b"\x1bx"),
            ("<C-M-a>", "<C-M-a>", &[0x1b, 1]),
            ("<enter>", "<Enter>", b"\r"),
            ("<F5>", "<F5>", b"\x1b[15~"),
            ("-", "<->", b"-"),
            ("<", "<<>", b"<"),
        ];
        for (text, name, bytes) in table {
            let key = Key::parse(text).unwrap();
            assert_eq!((key.name(), key.bytes()), (*name, *bytes), "{text}");
        }
        for wrong in ["", "ab", "<>x", "<Bogus>", "<C-Up>", "<X-a>", "\u{7}"] {
            assert!(Key::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
