//! Edits of mappings and lists of a text that leave alone what did not change.

use serde_yaml::{Mapping, Value};

use super::node::{Kind, Ref, Tree};
use super::outputs::{cuts, set};
use super::place::{self, Edits, eol, insert_below};
use super::print;

/// The order of the keys of a mapping, and of those below it.
#[derive(Clone, Copy)]
pub struct Order<'o> {
    /// The keys in the order in which they are written.
    pub keys: &'o [&'o str],
    /// The order below a key.
    pub below: fn(&str) -> Vec<&'static str>,
}

/// Edits a mapping from `before` to `after`, which hold its entries without those that stay as they are.
///
/// `None` where the text is laid out in a way that is not understood.
pub fn mapping(
    tree: &Tree,
    map: Ref,
    order: Order<'_>,
    (before, after): (&Mapping, &Mapping),
    edits: &mut Edits,
) -> Option<()> {
    let gone: Vec<&str> =
        before.keys().filter(|key| !after.contains_key(*key)).filter_map(Value::as_str).collect();
    let mut ranges = Vec::new();
    cuts(tree, map, |key| gone.contains(&key), &mut ranges);
    let mut added = Vec::new();
    for (key, value) in after {
        let old = before.get(key);
        // Of thousands of keys none is looked for that stays as it is.
        if old == Some(value) {
            continue;
        }
        match tree.entry(map, key.as_str()?) {
            Some(entry) => change(tree, map, entry, order, (old, value), edits)?,
            None => added.push((key, value)),
        }
    }
    for range in ranges {
        edits.replace(range, "");
    }
    for (key, value) in added {
        add(tree, map, order.keys, (key, value), &gone, edits)?;
    }
    Some(())
}

fn add(
    tree: &Tree,
    map: Ref,
    order: &[&str],
    (key, value): (&Value, &Value),
    gone: &[&str],
    edits: &mut Edits,
) -> Option<()> {
    let text = tree.text();
    let usable = |key: &str| !gone.contains(&key);
    let below = place::anchor(tree, map, order, key.as_str()?, usable).map(|(_, value)| tree.end(value));
    let first =
        tree.entries(map).find(|(key, _)| usable(tree.scalar(*key))).map(|(key, _)| tree.start(key))?;
    if tree.kind(map) == Kind::FlowMap {
        let body = format!("{}: {}", print::inline(key), print::inline(value));
        match below {
            Some(at) => edits.replace(at..at, format!(", {body}")),
            None => edits.replace(first..first, format!("{body}, ")),
        }
        return Some(());
    }
    let indent = place::column(text, first);
    let body = print::entry(key, value, indent).replace('\n', eol(text));
    match below {
        Some(at) => insert_below(text, at, &format!("{:indent$}{body}", ""), edits),
        None => edits.replace(first..first, format!("{body}{}{:indent$}", eol(text), "")),
    }
    Some(())
}

/// Edits the value of an entry.
fn change(
    tree: &Tree,
    map: Ref,
    (key, value): (Ref, Ref),
    order: Order<'_>,
    (old, new): (Option<&Value>, &Value),
    edits: &mut Edits,
) -> Option<()> {
    match (old, new) {
        (Some(Value::Mapping(old)), Value::Mapping(new)) if tree.kind(value).is_map() && stays(old, new) => {
            let keys = (order.below)(tree.scalar(key));
            let below = Order { keys: &keys, below: order.below };
            return mapping(tree, value, below, (old, new), edits);
        }
        (Some(Value::Sequence(old)), Value::Sequence(new)) if list(tree, (key, value), (old, new), edits) => {
            return Some(());
        }
        _ => {}
    }
    let text = tree.text();
    let inline = print::inline(new);
    if tree.kind(map) == Kind::FlowMap {
        set(tree, value, &inline, edits);
        return Some(());
    }
    let name = Value::from(tree.scalar(key));
    let whole = print::entry(&name, new, place::column(text, tree.start(key)));
    if whole.contains('\n') || tree.kind(value).is_block() {
        edits.replace(tree.start(key)..tree.end(value), whole.replace('\n', eol(text)));
    } else {
        set(tree, value, &inline, edits);
    }
    Some(())
}

/// Whether an entry of the old mapping is left, beside which new ones can be written.
fn stays(old: &Mapping, new: &Mapping) -> bool {
    old.keys().any(|key| new.contains_key(key))
}

/// Edits a list item by item. `false`, and no edit, where it has to be written anew.
fn list(tree: &Tree, (key, seq): (Ref, Ref), (old, new): (&[Value], &[Value]), edits: &mut Edits) -> bool {
    let items: Vec<_> = tree.items(seq).collect();
    let nested = |v: &Value| matches!(v, Value::Sequence(_) | Value::Mapping(_));
    if items.len() != old.len() || old.is_empty() || new.is_empty() || new.iter().chain(old).any(nested) {
        return false;
    }
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = old[head..].iter().rev().zip(new[head..].iter().rev());
    let tail = rest.take_while(|(a, b)| a == b).count();
    let (out, into) = (head..old.len() - tail, &new[head..new.len() - tail]);
    if out.len() == into.len() {
        for (item, value) in items[out].iter().zip(into) {
            edits.replace(tree.start(*item)..tree.end(*item), print::inline(value));
        }
        return true;
    }
    match tree.kind(seq) {
        Kind::FlowSeq => flow_items(tree, &items, out, into, edits),
        _ => block_items(tree, (key, seq), out, into, edits),
    }
}

type Span = std::ops::Range<usize>;

fn flow_items(tree: &Tree, items: &[Ref], out: Span, into: &[Value], edits: &mut Edits) -> bool {
    let new: Vec<_> = into.iter().map(print::inline).collect();
    match (out.start.checked_sub(1), items.get(out.end)) {
        (Some(before), _) => {
            let end = tree.end(items[out.end - 1]).max(tree.end(items[before]));
            let body: String = new.iter().map(|item| format!(", {item}")).collect();
            edits.replace(tree.end(items[before])..end, body);
        }
        (None, Some(next)) => {
            let body: String = new.iter().map(|item| format!("{item}, ")).collect();
            edits.replace(tree.start(items[0])..tree.start(*next), body);
        }
        (None, None) => return false,
    }
    true
}

fn block_items(tree: &Tree, (key, seq): (Ref, Ref), out: Span, into: &[Value], edits: &mut Edits) -> bool {
    let text = tree.text();
    let dashes = place::dashes(tree, seq, tree.end(key));
    if dashes.iter().any(|(dash, _)| !place::leads_line(text, *dash)) || out.len() == dashes.len() {
        return false;
    }
    let indent = place::column(text, dashes[0].0);
    let gone = dashes[out.clone()].iter().map(|(dash, item)| place::lines(text, *dash, tree.end(*item)));
    for range in place::joined(text, gone) {
        edits.replace(range, "");
    }
    for value in into {
        let body = format!("{:indent$}- {}", "", print::inline(value));
        match out.start.checked_sub(1) {
            Some(before) => insert_below(text, tree.end(dashes[before].1), &body, edits),
            None => {
                let at = place::line_start(text, dashes[out.end].0);
                edits.replace(at..at, format!("{body}{}", eol(text)));
            }
        }
    }
    true
}
