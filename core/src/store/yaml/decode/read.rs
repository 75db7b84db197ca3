//! Decoders of single values. Each gives `None` where it has named a fault.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde_json::{Map, Number, Value};

use super::{Decoder, Segment, nearest, shorten};
use crate::id::{IdError, slug};
use crate::store::yaml::node::{Kind, Ref};
use crate::store::yaml::scalar::{Plain, resolve};

/// Items that room is made for before they are read.
const FEW: usize = 8;

impl<'t> Decoder<'t> {
    /// A text. A number or `true` without quotes is taken as it is written; so `sleep, 5` needs no quotes.
    pub(super) fn text(&mut self, at: Ref) -> Option<&'t str> {
        let tree = self.tree;
        if self.tree.kind(at).is_map() || self.tree.kind(at).is_seq() || self.is_null(at) {
            self.wrong(at, "a text", "write one text; quote `null`, `~` and texts that hold `: `");
            return None;
        }
        Some(tree.scalar(at))
    }

    pub(super) fn owned(&mut self, at: Ref) -> Option<String> {
        self.text(at).map(str::to_owned)
    }

    fn plain(&self, at: Ref) -> Plain {
        if self.tree.kind(at) == Kind::Plain { resolve(self.tree.scalar(at)) } else { Plain::Text }
    }

    pub(super) fn boolean(&mut self, at: Ref) -> Option<bool> {
        if let Plain::Bool(value) = self.plain(at) {
            return Some(value);
        }
        self.wrong(at, "true or false", "write `true` or `false`, without quotes");
        None
    }

    /// A whole number within a range.
    pub(super) fn whole(&mut self, at: Ref, range: RangeInclusive<u64>) -> Option<u64> {
        let Plain::Int(value) = self.plain(at) else {
            self.wrong(at, "a whole number", "write digits only, without quotes or a unit");
            return None;
        };
        let found = u64::try_from(value).ok().filter(|v| range.contains(v));
        if found.is_none() {
            self.out_of_range(at, range.start(), range.end());
        }
        found
    }

    pub(super) fn small(&mut self, at: Ref, range: RangeInclusive<u64>) -> Option<u32> {
        self.whole(at, range).and_then(|n| u32::try_from(n).ok())
    }

    pub(super) fn number(&mut self, at: Ref, range: RangeInclusive<f64>) -> Option<f64> {
        let value = match self.plain(at) {
            Plain::Int(value) => value as f64,
            Plain::Float(value) => value,
            _ => {
                self.wrong(at, "a number", "write a number without quotes, for example 2 or 1.5");
                return None;
            }
        };
        if !range.contains(&value) {
            self.out_of_range(at, range.start(), range.end());
            return None;
        }
        Some(value)
    }

    fn out_of_range(&mut self, at: Ref, low: &dyn Display, high: &dyn Display) {
        let message = format!("{} is out of range", self.describe(at));
        self.fault(at, "OUT_OF_RANGE", message, format!("use {low} to {high}"));
    }

    /// One of a set of words.
    pub(super) fn word<T>(
        &mut self,
        at: Ref,
        words: &[&str],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(at)?;
        let found = parse(text);
        if found.is_none() {
            let hint = match nearest(text, words.iter().copied()) {
                Some(near) => format!("did you mean `{near}`? Valid: {}", words.join(", ")),
                None => format!("valid: {}", words.join(", ")),
            };
            self.fault(at, "BAD_VALUE", format!("`{}` is not a valid value", shorten(text)), hint);
        }
        found
    }

    /// A value whose parser says what is wrong with it.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&mut self, at: Ref, hint: &str) -> Option<T> {
        let text = self.text(at)?;
        text.parse().map_err(|e: T::Err| self.fault(at, "BAD_VALUE", shorten(&e.to_string()), hint)).ok()
    }

    /// An id. A bad one is a fault and is read as the nearest valid one, so that what refers to it still does.
    pub(super) fn id<T: FromStr<Err = IdError>>(&mut self, at: Ref) -> Option<T> {
        let text = self.text(at)?;
        text.parse().ok().or_else(|| {
            let near = slug(text);
            let hint = near.as_ref().map_or_else(|| "rename it".to_owned(), |id| format!("use `{id}`"));
            let rule = "an id has 1 to 64 of a-z, 0-9 and `-`, and starts with a letter or a digit";
            self.fault(at, "BAD_ID", format!("`{}` is not a valid id: {rule}", shorten(text)), hint);
            near.and_then(|id| id.parse().ok())
        })
    }

    /// A list; items with a fault are left out.
    pub(super) fn list<T>(
        &mut self,
        at: Ref,
        mut item: impl FnMut(&mut Self, Ref) -> Option<T>,
    ) -> Option<Vec<T>> {
        let tree = self.tree;
        if !self.expect_list(at) {
            return None;
        }
        // Most lists are short: one that grows would have room for four.
        let mut out = Vec::with_capacity(tree.items(at).take(FEW).count());
        self.each(tree.items(at).enumerate(), |d, node| out.extend(item(d, node)));
        Some(out)
    }

    pub(super) fn expect_list(&mut self, at: Ref) -> bool {
        let kind = self.tree.kind(at);
        if !kind.is_seq() {
            let hint = match kind.is_map() {
                true => "write `- item` lines or `[item, item]`".to_owned(),
                false => format!("write `[{}]`", shorten(self.tree.scalar(at))),
            };
            self.wrong(at, "a list", &hint);
        }
        kind.is_seq()
    }

    /// Items of a list, each with its place in it.
    pub(super) fn each(
        &mut self,
        items: impl Iterator<Item = (usize, Ref)>,
        mut item: impl FnMut(&mut Self, Ref),
    ) {
        for (index, node) in items {
            self.path.push(Segment::Index(index));
            item(self, node);
            self.path.pop();
        }
    }

    pub(super) fn texts(&mut self, at: Ref) -> Option<Vec<String>> {
        self.list(at, Self::owned)
    }

    /// A mapping of names of environment variables to texts.
    pub(super) fn env(&mut self, at: Ref) -> Option<BTreeMap<String, String>> {
        if !self.expect_map(at) {
            return None;
        }
        let tree = self.tree;
        let mut out = BTreeMap::new();
        for (key, value) in tree.entries(at) {
            let name = tree.scalar(key);
            self.path.push(Segment::Key(name));
            if name.is_empty() || name.contains(['=', '\0']) {
                let message = format!("`{}` cannot name an environment variable", shorten(name));
                self.fault(key, "BAD_VALUE", message, "use letters, digits and `_`");
            } else if out.contains_key(name) {
                self.duplicate(key, name);
            } else {
                let value = if self.tree.kind(value) == Kind::Empty { Some("") } else { self.text(value) };
                out.extend(value.map(|value| (name.to_owned(), value.to_owned())));
            }
            self.path.pop();
        }
        Some(out)
    }

    pub(super) fn time(&mut self, at: Ref) -> Option<DateTime<Utc>> {
        let text = self.text(at)?;
        let time = DateTime::parse_from_rfc3339(text).map(|time| time.with_timezone(&Utc));
        if time.is_err() {
            let message = format!("`{}` is not a time", shorten(text));
            self.fault(at, "BAD_VALUE", message, "write it as 2026-11-22T20:43:55Z");
        }
        time.ok()
    }

    /// Any value, for keys that are kept untouched.
    pub(super) fn json(&mut self, at: Ref) -> Value {
        let tree = self.tree;
        match tree.kind(at) {
            Kind::BlockSeq | Kind::FlowSeq => tree.items(at).map(|item| self.json(item)).collect(),
            Kind::BlockMap | Kind::FlowMap => {
                let mut map = Map::new();
                for (key, value) in tree.entries(at) {
                    let name = tree.scalar(key);
                    if map.contains_key(name) {
                        self.duplicate(key, name);
                    }
                    map.insert(name.to_owned(), self.json(value));
                }
                map.into()
            }
            Kind::Plain | Kind::Empty => plain_json(tree.scalar(at)),
            _ => tree.scalar(at).into(),
        }
    }
}

fn plain_json(text: &str) -> Value {
    match resolve(text) {
        Plain::Null => Value::Null,
        Plain::Bool(value) => value.into(),
        Plain::Int(value) => Number::from_i128(value).map_or_else(|| text.into(), Value::Number),
        Plain::Float(value) => Number::from_f64(value).map_or_else(|| text.into(), Value::Number),
        Plain::Text => text.into(),
    }
}
