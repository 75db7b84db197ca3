//! Turns a tree into the model, naming every fault with its place.
//!
//! Each mapping of a file is a table of keys and their decoders ([`Field`]): the one list of what may stand in
//! it, in the order in which it is written.

mod budget;
mod gate;
mod models;
mod policy;
mod read;
mod sequence;
mod step;
mod template;

use serde_json::{Map, Value};

use super::fault::Faults;
use super::node::{Kind, Ref, Tree};
use super::scalar::is_null;
use crate::model::Problem;

pub use budget::BUDGETS;
pub use gate::{GATE, gate};
pub use models::models;
pub use policy::{POLICY, policy};
pub use sequence::{Decoded, METADATA, SEQUENCE, SEQUENCE_POLICY, head, sequence};
pub use step::{RETRY, STEP, step};
pub use template::template;

/// A key of a mapping and how its value is taken into `T`.
pub struct Field<T> {
    /// The key.
    pub key: &'static str,
    /// Takes the value; it is never called for a value that is null, which means the same as no key.
    take: fn(&mut Decoder<'_>, Ref, &mut T),
    /// Only older files use it: read, never suggested or written.
    old: bool,
}

impl<T> Field<T> {
    /// A key that is read and written.
    const fn new(key: &'static str, take: fn(&mut Decoder<'_>, Ref, &mut T)) -> Self {
        Self { key, take, old: false }
    }

    /// A key that is only read.
    const fn old(key: &'static str, take: fn(&mut Decoder<'_>, Ref, &mut T)) -> Self {
        Self { key, take, old: true }
    }
}

/// The place for the keys that a user may add.
type Extra<T> = fn(&mut T) -> &mut Map<String, Value>;

/// The keys of a table that are written, in their order.
pub fn keys<T>(fields: &[Field<T>]) -> impl Iterator<Item = &'static str> + '_ {
    fields.iter().filter(|f| !f.old).map(|f| f.key)
}

#[derive(Clone, Copy)]
enum Segment<'t> {
    Key(&'t str),
    Index(usize),
}

/// Where decoding stands, and the faults so far.
pub struct Decoder<'t> {
    tree: &'t Tree,
    faults: &'t mut Faults,
    path: Vec<Segment<'t>>,
    /// Leaves out the steps and gates of a sequence file.
    head_only: bool,
}

/// Where a decoder stands, for another one that reads on from there.
struct Beside<'t> {
    tree: &'t Tree,
    path: Vec<Segment<'t>>,
}

impl<'t> Beside<'t> {
    fn decoder<'f>(&self, faults: &'f mut Faults) -> Decoder<'f>
    where
        't: 'f,
    {
        Decoder { tree: self.tree, faults, path: self.path.clone(), head_only: false }
    }
}

impl<'t> Decoder<'t> {
    fn beside(&self) -> Beside<'t> {
        Beside { tree: self.tree, path: self.path.clone() }
    }

    /// Decodes a tree; faults are added to `faults`.
    pub fn new(tree: &'t Tree, faults: &'t mut Faults) -> Self {
        Self { tree, faults, path: Vec::new(), head_only: false }
    }

    fn fault(&mut self, at: Ref, code: &str, message: impl Into<String>, hint: impl Into<String>) {
        if self.faults.is_full() {
            return self.faults.count_one();
        }
        let problem = Problem::new(code, self.path_text(), message).hint(hint);
        self.faults.add(self.tree.start(at), problem);
    }

    fn path_text(&self) -> String {
        let mut out = String::new();
        for segment in &self.path {
            match segment {
                Segment::Index(index) => out.push_str(&format!("[{index}]")),
                Segment::Key(key) if out.is_empty() => out.push_str(key),
                Segment::Key(key) => out.push_str(&format!(".{key}")),
            }
        }
        out
    }

    /// Reads the entries of a mapping by a table. `extra` gives the place for `x-` keys, where they are kept.
    fn map<T>(&mut self, at: Ref, fields: &[Field<T>], out: &mut T, extra: Option<Extra<T>>) {
        if !self.expect_map(at) {
            return;
        }
        let tree = self.tree;
        let (mut seen, mut hint) = (0_u64, 0);
        let mut own = std::collections::HashSet::new();
        for (key, value) in tree.entries(at) {
            let name = tree.scalar(key);
            self.path.push(Segment::Key(name));
            if let Some(index) = find(fields, name, hint) {
                hint = index + 1;
                if seen & (1 << index) > 0 {
                    self.duplicate(key, name);
                } else if !self.is_null(value) {
                    (fields[index].take)(self, value, out);
                }
                seen |= 1 << index;
            } else if !name.starts_with("x-") {
                self.unknown(key, name, fields);
            } else if !own.insert(name) {
                self.duplicate(key, name);
            } else {
                let value = self.json(value);
                if let Some(extra) = extra {
                    extra(out).insert(name.to_owned(), value);
                }
            }
            self.path.pop();
        }
    }

    fn duplicate(&mut self, key: Ref, name: &str) {
        self.fault(
            key,
            "DUPLICATE_KEY",
            format!("`{name}` stands here a second time"),
            "remove one of the two",
        );
    }

    fn unknown<T>(&mut self, key: Ref, name: &str, fields: &[Field<T>]) {
        if self.faults.is_full() {
            return self.faults.count_one();
        }
        let short = shorten(name);
        let hint = match nearest(name, keys(fields)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if fields.len() > 12 => "keys of your own start with `x-`".to_owned(),
            None => format!("known here: {}", keys(fields).collect::<Vec<_>>().join(", ")),
        };
        self.fault(key, "UNKNOWN_KEY", format!("`{short}` is not a known key"), hint);
    }

    fn expect_map(&mut self, at: Ref) -> bool {
        let ok = self.tree.kind(at).is_map();
        if !ok {
            self.wrong(at, "a mapping", "write `key: value` lines");
        }
        ok
    }

    fn wrong(&mut self, at: Ref, expected: &str, hint: &str) {
        let message = format!("expected {expected}, found {}", self.describe(at));
        self.fault(at, "WRONG_TYPE", message, hint);
    }

    fn describe(&self, at: Ref) -> String {
        match self.tree.kind(at) {
            Kind::BlockMap | Kind::FlowMap => "a mapping".to_owned(),
            Kind::BlockSeq | Kind::FlowSeq => "a list".to_owned(),
            _ if self.is_null(at) => "nothing".to_owned(),
            _ => format!("`{}`", shorten(self.tree.scalar(at))),
        }
    }

    fn is_null(&self, at: Ref) -> bool {
        match self.tree.kind(at) {
            Kind::Empty => true,
            Kind::Plain => is_null(self.tree.source(at)),
            _ => false,
        }
    }
}

/// Index of a key in a table, looked for first where it stands in a file in the usual order.
fn find<T>(fields: &[Field<T>], name: &str, hint: usize) -> Option<usize> {
    let after = fields[hint..].iter().position(|f| f.key == name).map(|i| i + hint);
    after.or_else(|| fields[..hint].iter().position(|f| f.key == name))
}

/// The known word that a misspelt one most probably means.
pub fn nearest<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    if word.len() > 64 {
        return None;
    }
    let score = |known: &str| strsim::jaro_winkler(&word.to_ascii_lowercase(), &known.to_ascii_lowercase());
    let best = known.map(|k| (score(k), k)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= 0.84).then_some(best.1)
}

/// A text for a message: at most 60 characters of its first line.
fn shorten(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line.to_owned(),
    }
}
