//! A sequence file that has been read.

use std::sync::{Arc, OnceLock};

use super::decode::{Decoded, Decoder, sequence};
use super::fault::Faults;
use super::node::{BOM, Text, Tree};
use super::output::Written;
use super::{fast, full, revision};
use crate::id::{Digest, Revision};
use crate::join::join;
use crate::memory;
use crate::model::{Problem, Sequence};

/// Largest file that is read, in bytes.
pub const MAX_BYTES: usize = 16 << 20;

/// From this many bytes on it takes milliseconds to read a file.
pub(crate) const LONG: usize = 256 << 10;

/// A sequence file: its text, what it defines, what it records, and where everything stands.
#[derive(Debug, Clone)]
pub struct Document {
    pub(super) tree: Tree,
    pub(super) sequence: Sequence,
    pub(super) written: Arc<Written>,
    /// Whether what a step means depends on a mark on another, as in older files.
    pub(super) old_forms: bool,
    /// Known when it was first asked for, or in a long file at once.
    pub(super) revision: OnceLock<Revision>,
    /// Known when it was first asked for.
    pub(super) digest: OnceLock<Digest>,
}

/// What came of reading a file.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The file, as far as it can be read beside its faults; `None` where it is not YAML of the accepted kind.
    pub document: Option<Document>,
    /// Every fault, in the order of the text.
    pub problems: Vec<Problem>,
}

/// Reads a sequence file. Faults across steps (unknown ids, cycles) are not looked for here.
pub fn parse(bytes: impl Into<Vec<u8>>) -> Parsed {
    parsed(bytes.into())
}

fn parsed(bytes: Vec<u8>) -> Parsed {
    let mut faults = Faults::default();
    let long = bytes.len() >= LONG;
    if long {
        memory::expect_much(&bytes);
    }
    let tree = match read(bytes, &mut faults) {
        Ok(tree) => tree,
        Err(problems) => return Parsed { document: None, problems },
    };
    let revision = OnceLock::new();
    let decode = || sequence(&mut Decoder::new(&tree, &mut faults));
    let (_, decoded) = join(long, || long.then(|| revision.set(revision::of(&tree))), decode);
    let Decoded { sequence, written, old_forms, .. } = decoded;
    let problems = faults.finish(tree.text());
    let (written, digest) = (Arc::new(written), OnceLock::new());
    Parsed { document: Some(Document { tree, sequence, written, old_forms, revision, digest }), problems }
}

/// The tree of a file, or the faults that keep it from being one.
pub(super) fn read(bytes: impl Into<Vec<u8>>, faults: &mut Faults) -> Result<Tree, Vec<Problem>> {
    let text = Arc::new(text(bytes.into()).map_err(|problem| vec![problem])?);
    match fast::read(&text) {
        Some(tree) => Ok(tree),
        None => full::read(&text, faults).ok_or_else(|| std::mem::take(faults).finish(&text)),
    }
}

fn text(bytes: Vec<u8>) -> Result<String, Problem> {
    if bytes.len() > MAX_BYTES {
        let message = format!("the file has more than {MAX_BYTES} bytes, the most that is read");
        return Err(Problem::new("TOO_LARGE", "", message)
            .at(1, 1)
            .hint("split it, or remove what is no sequence"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let (good, bad) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
        let message = format!("the byte 0x{:02x} is not UTF-8", bad.first().copied().unwrap_or_default());
        let (line, column) = place(&String::from_utf8_lossy(good));
        Problem::new("NOT_UTF8", "", message).at(line, column).hint("save the file as UTF-8")
    })?;
    if let Some(at) = text.find('\0') {
        let (line, column) = place(&text[..at]);
        let problem = Problem::new("NUL_BYTE", "", "the file holds a NUL byte").at(line, column);
        return Err(problem.hint("remove it; a text file has none"));
    }
    Ok(text)
}

fn place(before: &str) -> (u32, u32) {
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let last = before.rsplit('\n').next().unwrap_or_default();
    let column = last.chars().filter(|c| *c != BOM).count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

impl Document {
    /// The text of the file.
    pub fn text(&self) -> &Text {
        self.tree.text()
    }

    /// The digest of the whole text. Costs one pass over it, once.
    pub fn digest(&self) -> Digest {
        self.digest.get_or_init(|| Digest::of([self.text().as_bytes()])).clone()
    }

    /// What the file defines.
    pub fn sequence(&self) -> &Sequence {
        &self.sequence
    }

    /// What the file records of what happened, in the order of its steps and gates.
    pub fn written(&self) -> &Written {
        &self.written
    }

    /// Line and column, from 1, of a data path such as `steps[3].depends_on[0]`; of what lies around it where it
    /// does not exist, `None` where nothing of it does.
    pub fn locate(&self, path: &str) -> Option<(u32, u32)> {
        let (at, whole) = self.tree.follow(path);
        (whole || at != self.tree.root()).then(|| self.tree.place(self.tree.start(at)))
    }
}
