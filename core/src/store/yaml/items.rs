//! Edits of the lists of steps and gates: whole items come, go and move with their comments.

use std::collections::HashMap;
use std::ops::Range;

use serde_yaml::{Mapping, Value};

use super::merge::{Order, mapping};
use super::node::{Kind, Ref, Tree};
use super::place::{self, Edits, eol, insert_below};
use super::print;

/// What becomes of a step or gate.
pub enum Change {
    /// It stays as it is.
    Same,
    /// Its definition changes from the first to the second.
    Edit(Box<(Mapping, Mapping)>),
    /// It stays, but is written anew.
    Anew(Box<Mapping>),
    /// It comes.
    New(Box<Value>),
}

/// A step or gate of the wanted list.
pub struct Item {
    /// Index of the old item behind it.
    pub from: Option<usize>,
    /// What becomes of it.
    pub change: Change,
}

struct Lists<'a> {
    tree: &'a Tree,
    order: Order<'a>,
    /// Nodes of the old items.
    old: Vec<Ref>,
    new: &'a [Item],
    /// Whether an old item stays where it is.
    stays: Vec<bool>,
}

/// Edits the list of `before` items below a key of the file to the items `after`, in order.
pub fn edit(
    tree: &Tree,
    key: &str,
    before: usize,
    after: &[Item],
    order: Order<'_>,
    edits: &mut Edits,
) -> Option<()> {
    let root = tree.root();
    let entry = tree.entry(root, key);
    let mut old = Vec::with_capacity(before);
    old.extend(entry.into_iter().flat_map(|(_, seq)| tree.items(seq)));
    if old.len() != before || !tree.kind(root).is_map() {
        return None;
    }
    match entry {
        _ if before == 0 && after.is_empty() => Some(()),
        Some(entry) if before == 0 || after.is_empty() => refill(tree, entry, after, edits),
        None => append_key(tree, key, after, edits),
        Some(_) if is_in_place(before, after) => {
            let lists = Lists { tree, order, old, new: after, stays: vec![true; before] };
            lists.edit_those_that_stay(edits)
        }
        Some(entry) => {
            let from: Vec<_> = after.iter().filter_map(|item| item.from).collect();
            let mut stays = vec![false; old.len()];
            for kept in longest_rising(from) {
                stays[kept] = true;
            }
            let lists = Lists { tree, order, old, new: after, stays };
            if tree.kind(entry.1) == Kind::FlowSeq {
                lists.flow(entry.1, edits)
            } else {
                lists.block(entry, edits)
            }
        }
    }
}

/// Whether none comes, goes or moves: then the lines around them need not be looked at.
fn is_in_place(before: usize, after: &[Item]) -> bool {
    after.len() == before && after.iter().enumerate().all(|(at, item)| item.from == Some(at))
}

/// The items that need not move: the longest run of old indices that rises in the new order.
fn longest_rising(from: Vec<usize>) -> Vec<usize> {
    if from.is_sorted_by(|a, b| a < b) {
        return from;
    }
    let mut tails: Vec<usize> = Vec::new();
    let mut back: HashMap<usize, Option<usize>> = HashMap::new();
    for index in from {
        let at = tails.partition_point(|tail| *tail < index);
        back.insert(index, at.checked_sub(1).map(|i| tails[i]));
        if at == tails.len() { tails.push(index) } else { tails[at] = index }
    }
    let mut out = Vec::new();
    let mut next = tails.last().copied();
    while let Some(index) = next {
        out.push(index);
        next = back.get(&index).copied().flatten();
    }
    out
}

fn values(items: &[Item]) -> Value {
    items
        .iter()
        .filter_map(|item| if let Change::New(value) = &item.change { Some((**value).clone()) } else { None })
        .collect()
}

/// A list that was or becomes empty.
fn refill(tree: &Tree, (key, seq): (Ref, Ref), after: &[Item], edits: &mut Edits) -> Option<()> {
    let text = tree.text();
    let colon = tree.end(key) + text[tree.end(key)..].find(':')? + 1;
    if after.is_empty() || tree.kind(tree.root()) == Kind::FlowMap {
        edits.replace(colon..tree.end(seq).max(colon), format!(" {}", print::inline(&values(after))));
    } else {
        edits.replace(colon..tree.end(seq).max(colon), "");
        insert_below(text, tree.end(seq).max(colon), &block_list(after, 2, text), edits);
    }
    Some(())
}

fn block_list(items: &[Item], indent: usize, text: &str) -> String {
    let Value::Sequence(values) = values(items) else { return String::new() };
    let items: Vec<_> =
        values.iter().map(|value| format!("{:indent$}{}", "", print::item(value, indent))).collect();
    items.join("\n").replace('\n', eol(text))
}

/// A key that the file does not have yet: it goes last, before keys of one's own where those come last.
fn append_key(tree: &Tree, key: &str, after: &[Item], edits: &mut Edits) -> Option<()> {
    let text = tree.text();
    let known: &[&str] = &["version", "name", "metadata", "policy", "steps", "gates"];
    let (_, last) = place::anchor(tree, tree.root(), known, key, |_| true)?;
    if tree.kind(tree.root()) == Kind::FlowMap {
        let at = tree.end(last);
        edits.replace(at..at, format!(", {key}: {}", print::inline(&values(after))));
    } else {
        let list = block_list(after, 2, text);
        insert_below(text, tree.end(last), &format!("{key}:{}{list}", eol(text)), edits);
    }
    Some(())
}

impl Lists<'_> {
    /// The wanted items, each with the old item that stays before it.
    fn arrivals(&self) -> impl Iterator<Item = (Option<usize>, &Item, Option<usize>)> {
        let mut before = None;
        self.new.iter().filter_map(move |item| match item.from {
            Some(old) if self.stays[old] => {
                before = Some(old);
                None
            }
            from => Some((before, item, from)),
        })
    }

    /// Edits an item that is already in the file.
    fn within(&self, item: &Item, node: Ref, edits: &mut Edits) -> Option<()> {
        let tree = self.tree;
        match &item.change {
            Change::Edit(pair) => mapping(tree, node, self.order, (&pair.0, &pair.1), edits),
            Change::Anew(map) => {
                let column = place::column(tree.text(), tree.start(node));
                let body = match tree.kind(node) {
                    Kind::FlowMap => print::inline(&map.as_ref().clone().into()),
                    _ => print::entries(map, column).replace('\n', eol(tree.text())),
                };
                edits.replace(tree.start(node)..tree.end(node), body);
                Some(())
            }
            Change::Same | Change::New(_) => Some(()),
        }
    }

    fn edit_those_that_stay(&self, edits: &mut Edits) -> Option<()> {
        for item in self.new {
            if let Some(old) = item.from.filter(|old| self.stays[*old]) {
                self.within(item, self.old[old], edits)?;
            }
        }
        Some(())
    }

    fn flow(&self, seq: Ref, edits: &mut Edits) -> Option<()> {
        let tree = self.tree;
        let Some(first) = self.stays.iter().position(|stays| *stays) else {
            edits.replace(tree.start(seq)..tree.end(seq), print::inline(&values(self.new)));
            return Some(());
        };
        self.edit_those_that_stay(edits)?;
        if first > 0 {
            edits.replace(tree.start(self.old[0])..tree.start(self.old[first]), "");
        }
        for (i, pair) in self.old.windows(2).enumerate().skip(first) {
            if !self.stays[i + 1] {
                edits.replace(tree.end(pair[0])..tree.end(pair[1]), "");
            }
        }
        for (before, item, from) in self.arrivals() {
            let body = match (&item.change, from) {
                (Change::New(value), _) => print::inline(value),
                (_, Some(old)) => {
                    let mut inner = Edits::default();
                    self.within(item, self.old[old], &mut inner)?;
                    inner.apply_within(tree.text(), tree.start(self.old[old])..tree.end(self.old[old]))?
                }
                _ => return None,
            };
            match before {
                Some(old) => {
                    edits.replace(tree.end(self.old[old])..tree.end(self.old[old]), format!(", {body}"))
                }
                None => {
                    let at = tree.start(self.old[first]);
                    edits.replace(at..at, format!("{body}, "));
                }
            }
        }
        Some(())
    }

    fn block(&self, (key, seq): (Ref, Ref), edits: &mut Edits) -> Option<()> {
        let (tree, text) = (self.tree, self.tree.text());
        let dashes = place::dashes(tree, seq, tree.end(key));
        let chunks = chunks(tree, &dashes, tree.end(key))?;
        let indent = place::column(text, dashes.first()?.0);
        let Some(first) = self.stays.iter().position(|stays| *stays) else {
            let (first, last) = (chunks.first()?, chunks.last()?);
            let end = place::content_end(text, tree.end(*self.old.last()?)).min(last.end);
            edits.replace(first.start..end, block_list(self.new, indent, text));
            return Some(());
        };
        self.edit_those_that_stay(edits)?;
        let spaced = chunks.windows(2).next().is_some_and(|pair| pair[0].end < pair[1].start);
        let gone = (0..chunks.len()).filter(|i| !self.stays[*i]).map(|i| with_gap(text, &chunks, i));
        for range in place::joined(text, gone) {
            edits.replace(range, "");
        }
        for (before, item, from) in self.arrivals() {
            let body = match (&item.change, from) {
                (Change::New(value), _) => {
                    format!("{:indent$}{}", "", print::item(value, indent).replace('\n', eol(text)))
                }
                (_, Some(old)) => self.moved(item, old, &chunks[old])?,
                _ => return None,
            };
            let gap = if spaced { eol(text) } else { "" };
            match before {
                Some(old) => insert_below(text, tree.end(self.old[old]), &format!("{gap}{body}"), edits),
                None => {
                    let at = chunks[first].start;
                    edits.replace(at..at, format!("{body}{}{gap}", eol(text)));
                }
            }
        }
        Some(())
    }

    /// The text of an item that moves, with its edits, without its last line end.
    fn moved(&self, item: &Item, old: usize, chunk: &Range<usize>) -> Option<String> {
        let mut inner = Edits::default();
        self.within(item, self.old[old], &mut inner)?;
        let text = self.tree.text();
        let end = place::content_end(text, self.tree.end(self.old[old]));
        inner.apply_within(text, chunk.start..end)
    }
}

/// The lines of each item with the comments right above it. `None` where an item does not begin its line.
fn chunks(tree: &Tree, dashes: &[(usize, Ref)], before: usize) -> Option<Vec<Range<usize>>> {
    let text = tree.text();
    let mut floor = place::line_end(text, before);
    let mut out = Vec::new();
    for &(dash, item) in dashes {
        if !place::leads_line(text, dash) {
            return None;
        }
        let lines = place::lines(text, dash, tree.end(item));
        let mut start = lines.start;
        while start > floor && is_comment(text, place::line_start(text, start - 1)) {
            start = place::line_start(text, start - 1);
        }
        floor = lines.end;
        out.push(start..lines.end);
    }
    Some(out)
}

fn is_comment(text: &str, line: usize) -> bool {
    text[line..place::content_end(text, line)].trim_start().starts_with('#')
}

fn is_blank(text: &str, line: usize) -> bool {
    text[line..place::content_end(text, line)].trim().is_empty()
}

/// The lines of an item and the blank lines that set it apart: those above it, for the first item those below.
fn with_gap(text: &str, chunks: &[Range<usize>], index: usize) -> Range<usize> {
    let mut range = chunks[index].clone();
    if index > 0 {
        while range.start > chunks[index - 1].end && is_blank(text, place::line_start(text, range.start - 1))
        {
            range.start = place::line_start(text, range.start - 1);
        }
    } else if let Some(next) = chunks.get(1) {
        while range.end < next.start && is_blank(text, range.end) {
            range.end = place::line_end(text, range.end);
        }
    }
    range
}
