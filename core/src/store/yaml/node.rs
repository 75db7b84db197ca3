//! A YAML file as a tree of nodes with their byte spans.
//!
//! The nodes lie in one arena in the order of the text; a collection's children follow it. Scalars are slices
//! of the text wherever they can be, so that a large file costs few allocations.

use std::sync::{Arc, OnceLock};

/// The text of a file. It is shared, and what was read or made is not copied to be.
pub type Text = Arc<String>;

/// How a node is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A scalar without quotes.
    Plain,
    /// A scalar in single quotes.
    Single,
    /// A scalar in double quotes.
    Double,
    /// A `|` or `>` scalar; its span starts at that sign.
    Lines,
    /// A value that is left out: its span is empty, right after the `:` or `-`.
    Empty,
    /// `- item` lines.
    BlockSeq,
    /// `[item, item]`.
    FlowSeq,
    /// `key: value` lines.
    BlockMap,
    /// `{ key: value }`.
    FlowMap,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Plain,
        Self::Single,
        Self::Double,
        Self::Lines,
        Self::Empty,
        Self::BlockSeq,
        Self::FlowSeq,
        Self::BlockMap,
        Self::FlowMap,
    ];

    /// Whether it is a mapping.
    pub fn is_map(self) -> bool {
        matches!(self, Self::BlockMap | Self::FlowMap)
    }

    /// Whether it is a sequence.
    pub fn is_seq(self) -> bool {
        matches!(self, Self::BlockSeq | Self::FlowSeq)
    }

    /// Whether it is a mapping or a sequence in brackets.
    pub fn is_flow(self) -> bool {
        matches!(self, Self::FlowSeq | Self::FlowMap)
    }

    /// Whether it is a mapping or a sequence of lines.
    pub fn is_block(self) -> bool {
        matches!(self, Self::BlockSeq | Self::BlockMap)
    }
}

/// One node. The span of a block collection reaches from its first child's start to its last child's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    start: u32,
    end: u32,
    rest: Rest,
}

/// In one number, since a large file has hundreds of thousands of nodes: from the lowest bit on the kind, whether what
/// the node says is no slice of the file, and the index of the node after this one and all below it. A file has fewer
/// nodes than bytes, and at most 16 MiB of those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rest(u32);

impl Rest {
    const KIND: u32 = 0b1111;
    const DECODED: u32 = 0b1_0000;
    const NEXT: u32 = 5;

    fn new(kind: Kind, decoded: bool, next: u32) -> Self {
        let decoded = if decoded { Self::DECODED } else { 0 };
        Self(kind as u32 | decoded | next << Self::NEXT)
    }

    fn kind(self) -> Kind {
        Kind::ALL[(self.0 & Self::KIND) as usize]
    }

    fn is_decoded(self) -> bool {
        self.0 & Self::DECODED != 0
    }

    fn next(self) -> u32 {
        self.0 >> Self::NEXT
    }

    fn with_next(self, next: u32) -> Self {
        Self(self.0 & (Self::KIND | Self::DECODED) | next << Self::NEXT)
    }
}

/// A node of a [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ref(u32);

/// What nodes say that is no slice of the file, by the index of the node; sorted.
type Decoded = Vec<(u32, Box<str>)>;

/// A YAML file as a tree. It has at least one node.
#[derive(Debug, Clone)]
pub struct Tree {
    text: Text,
    nodes: Vec<Node>,
    decoded: Decoded,
    lines: OnceLock<Vec<u32>>,
    /// Whether the reader of the plain style has read it.
    plain: bool,
}

impl PartialEq for Tree {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.nodes == other.nodes && self.decoded == other.decoded
    }
}

impl Tree {
    /// Whether the text is in the plain style, so that a part of it means the same wherever it stands.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// The node of the whole file.
    pub fn root(&self) -> Ref {
        Ref(0)
    }

    /// The whole text.
    pub fn text(&self) -> &Text {
        &self.text
    }

    fn node(&self, at: Ref) -> &Node {
        &self.nodes[at.0 as usize]
    }

    /// How a node is written.
    pub fn kind(&self, at: Ref) -> Kind {
        self.node(at).rest.kind()
    }

    /// First byte of a node.
    pub fn start(&self, at: Ref) -> usize {
        self.node(at).start as usize
    }

    /// The byte after a node.
    pub fn end(&self, at: Ref) -> usize {
        self.node(at).end as usize
    }

    /// A node as it is written.
    pub fn source(&self, at: Ref) -> &str {
        &self.text[self.start(at)..self.end(at)]
    }

    /// What a scalar says; for a collection what it is written as.
    pub fn scalar(&self, at: Ref) -> &str {
        let node = self.node(at);
        if node.rest.is_decoded()
            && let Ok(place) = self.decoded.binary_search_by_key(&at.0, |(node, _)| *node)
        {
            return &self.decoded[place].1;
        }
        match node.rest.kind() {
            Kind::Single | Kind::Double => &self.text[node.start as usize + 1..node.end as usize - 1],
            _ => self.source(at),
        }
    }

    /// The children of a collection in the order of the text; of a mapping key, value, key, value.
    fn children(&self, at: Ref) -> impl Iterator<Item = Ref> + '_ {
        let stop = self.node(at).rest.next();
        let mut child = at.0 + 1;
        std::iter::from_fn(move || {
            let here = (child < stop).then_some(Ref(child))?;
            child = self.node(here).rest.next();
            Some(here)
        })
    }

    /// The items of a sequence; nothing for another node.
    pub fn items(&self, at: Ref) -> impl Iterator<Item = Ref> + '_ {
        let seq = self.kind(at).is_seq();
        self.children(at).take_while(move |_| seq)
    }

    /// The keys and values of a mapping; nothing for another node.
    pub fn entries(&self, at: Ref) -> impl Iterator<Item = (Ref, Ref)> + '_ {
        let map = self.kind(at).is_map();
        let mut children = self.children(at);
        std::iter::from_fn(move || {
            let key = children.next().filter(|_| map)?;
            Some((key, children.next()?))
        })
    }

    /// The key and the value of an entry of a mapping.
    pub fn entry(&self, at: Ref, key: &str) -> Option<(Ref, Ref)> {
        self.entries(at).find(|(k, _)| self.scalar(*k) == key)
    }

    /// The deepest node of a data path such as `steps[3].depends_on[0]` that exists, and whether it is all of it.
    pub fn follow(&self, path: &str) -> (Ref, bool) {
        let mut at = self.root();
        for part in path.split(['.', '[']).filter(|part| !part.is_empty()) {
            let next = match part.strip_suffix(']') {
                Some(index) => index.parse().ok().and_then(|i| self.items(at).nth(i)),
                None => self.entry(at, part).map(|(key, value)| match self.kind(value) {
                    Kind::Empty => key,
                    _ => value,
                }),
            };
            match next {
                Some(next) => at = next,
                None => return (at, false),
            }
        }
        (at, true)
    }

    /// Line and column, both from 1, of a byte of the text; the column counts characters.
    pub fn place(&self, offset: usize) -> (u32, u32) {
        let lines = self.lines.get_or_init(|| line_starts(&self.text));
        let line = lines.partition_point(|start| *start as usize <= offset);
        let start = lines[line - 1] as usize;
        let column = self.text[start..offset].chars().filter(|c| *c != BOM).count();
        (as_u32(line), as_u32(column + 1))
    }
}

/// The mark that some editors put at the head of a file.
pub const BOM: char = '\u{feff}';

fn line_starts(text: &str) -> Vec<u32> {
    let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
    std::iter::once(0).chain(ends.map(|(at, _)| as_u32(at + 1))).collect()
}

/// Sizes fit: files above 16 MiB are refused before anything is read.
fn as_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Builds a [`Tree`] in the order of the text.
pub struct Builder {
    nodes: Vec<Node>,
    decoded: Decoded,
    last_end: u32,
}

impl Builder {
    /// Makes room for about so many nodes; more is made as they come.
    pub fn new(nodes: usize) -> Self {
        let nodes = Vec::with_capacity(nodes.min(super::full::MAX_NODES));
        Self { nodes, decoded: Vec::new(), last_end: 0 }
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Adds a scalar; `decoded` is what it says where that is no slice of the text.
    pub fn scalar(&mut self, kind: Kind, start: usize, end: usize, decoded: Option<Box<str>>) {
        let at = as_u32(self.nodes.len());
        let rest = Rest::new(kind, decoded.is_some(), at + 1);
        self.decoded.extend(decoded.map(|text| (at, text)));
        self.last_end = as_u32(end);
        self.nodes.push(Node { start: as_u32(start), end: self.last_end, rest });
    }

    /// Adds a node of another tree with all below it, which stands at `to` instead of at `from`.
    pub fn take_over(&mut self, of: &Tree, node: Ref, to: usize, from: usize) {
        let stop = of.node(node).rest.next();
        // Both wrap: what comes out lies within the new text and the new nodes.
        let by = as_u32(to).wrapping_sub(as_u32(from));
        let later = as_u32(self.nodes.len()).wrapping_sub(node.0);
        self.nodes.extend(of.nodes[node.0 as usize..stop as usize].iter().map(|old| Node {
            start: old.start.wrapping_add(by),
            end: old.end.wrapping_add(by),
            rest: old.rest.with_next(old.rest.next().wrapping_add(later)),
        }));
        let first = of.decoded.partition_point(|(at, _)| *at < node.0);
        let known = of.decoded[first..].iter().take_while(|(at, _)| *at < stop);
        self.decoded.extend(known.map(|(at, text)| (at.wrapping_add(later), text.clone())));
        self.last_end = of.node(node).end.wrapping_add(by);
    }

    /// Adds what another one has built from the text that follows; neither has a collection open that it shares.
    pub fn append(&mut self, more: Self) {
        let later = as_u32(self.nodes.len());
        let moved = |node: Node| Node { rest: node.rest.with_next(node.rest.next() + later), ..node };
        self.nodes.extend(more.nodes.into_iter().map(moved));
        self.decoded.extend(more.decoded.into_iter().map(|(at, text)| (at + later, text)));
        self.last_end = more.last_end;
    }

    /// Opens a collection; what is added until it is closed lies below it.
    pub fn open(&mut self, kind: Kind, start: usize) -> usize {
        let start = as_u32(start);
        self.nodes.push(Node { start, end: start, rest: Rest::new(kind, false, 0) });
        self.nodes.len() - 1
    }

    /// Closes a collection; `end` counts for those in brackets only.
    pub fn close(&mut self, opened: usize, end: usize) {
        let next = as_u32(self.nodes.len());
        let first = self.nodes.get(opened + 1).map(|child| child.start);
        let node = &mut self.nodes[opened];
        node.rest = node.rest.with_next(next);
        if node.rest.kind().is_flow() {
            self.last_end = as_u32(end);
        } else {
            node.start = first.unwrap_or(node.start);
        }
        node.end = self.last_end;
    }

    /// The tree of a text in the plain style.
    pub fn finish_plain(self, text: Text) -> Tree {
        Tree { plain: true, ..self.finish(text) }
    }

    /// The tree of a text.
    pub fn finish(mut self, text: Text) -> Tree {
        if self.nodes.is_empty() {
            self.scalar(Kind::Empty, 0, 0, None);
        }
        Tree { text, nodes: self.nodes, decoded: self.decoded, lines: OnceLock::new(), plain: false }
    }
}
