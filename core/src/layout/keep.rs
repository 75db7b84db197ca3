//! A layout after a small change: columns, order and heights are taken over, and only what is new looks for a place.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::RandomState;

use super::slots::{Slots, Way};
use super::units::{Units, lanes};
use super::{Layout, Point, Request, place, rank, route};

/// What has changed by more than one node in so many is placed anew, but a few nodes never count as much.
const MUCH: usize = 20;
const FEW: usize = 8;

/// The layout; `None` where too much has changed.
pub(super) fn layout(request: &Request, was: &Request, before: &Layout) -> Option<Layout> {
    let mut old = Same::new(|i| was.nodes.get(i).map(|n| n.id.as_str()));
    let of: Vec<Option<usize>> = request.nodes.iter().map(|n| old.find(n.id.as_str())).collect();
    // A person who puts a step before another wants to see it there.
    if !of.iter().flatten().is_sorted() {
        return None;
    }
    let kept = of.iter().flatten().count();
    let changed = request.nodes.len() + was.nodes.len() - 2 * kept;
    let changed = changed + request.edges.len().abs_diff(was.edges.len());
    let units = Units::new(request);
    if changed > FEW.max(was.nodes.len() / MUCH) || units.lanes != lanes(was).0 {
        return None;
    }
    let centers = centers(before);
    let mut keep = Keep {
        request,
        was,
        before,
        of,
        columns: centers.clone(),
        places: centers.clone(),
        centers,
        units: &units,
        opened: Vec::new(),
    };
    let much =
        |columns: &[Option<u32>], ranks: &[u32]| moved(columns, ranks) > FEW.max(was.nodes.len() / MUCH);
    let mut columns = keep.columns();
    let mut ranks = rank::kept(&units, &columns);
    if much(&columns, &ranks) {
        keep.open(&columns);
        columns = keep.columns();
        ranks = rank::kept(&units, &columns);
    }
    if much(&columns, &ranks) {
        return None;
    }
    let mut slots = Slots::new(&units, &ranks);
    let heights = keep.heights(&slots);
    keep.sort(&mut slots, &heights);
    let bands: Vec<(f32, f32)> = if before.lanes.is_empty() {
        vec![(0.0, before.bounds.h)]
    } else {
        before.lanes.iter().map(|l| (l.rect.y, l.rect.h)).collect()
    };
    let rows = place::kept(&units, &slots, &heights, &bands);
    Some(route::draw(request, &units, &slots, &rows, &keep.places))
}

/// The middles of the columns, from left to right.
fn centers(layout: &Layout) -> Vec<f32> {
    let mut centers: Vec<f32> = layout.nodes.iter().map(|r| r.center().x).collect();
    centers.sort_by(f32::total_cmp);
    centers.dedup_by(|a, b| (*a - *b).abs() < 0.5);
    centers
}

/// How many units have to leave their column.
fn moved(columns: &[Option<u32>], ranks: &[u32]) -> usize {
    columns.iter().zip(ranks).filter(|(was, now)| was.is_some_and(|was| was != **now)).count()
}

struct Keep<'a> {
    request: &'a Request,
    was: &'a Request,
    before: &'a Layout,
    /// Per node: which it was.
    of: Vec<Option<usize>>,
    /// The middles of the old columns.
    columns: Vec<f32>,
    /// Per column: where its middle was; of one that was opened, where that of the next one was.
    centers: Vec<f32>,
    /// Per column: where its middle should be.
    places: Vec<f32>,
    units: &'a Units,
    /// The old columns before which one was opened, from left to right.
    opened: Vec<u32>,
}

impl Keep<'_> {
    /// Per unit: the column it stood in.
    fn columns(&self) -> Vec<Option<u32>> {
        self.units
            .list
            .iter()
            .map(|unit| {
                let at = self.before.nodes[unit.items.iter().find_map(|i| self.of[i.node])?].center().x;
                let was = self.columns.partition_point(|c| *c < at - 0.5) as u32;
                Some(was + self.opened.partition_point(|o| *o <= was) as u32)
            })
            .collect()
    }

    /// Opens a column where something new stands between two columns that were neighbours: what is to the right of
    /// it goes a column further, and nothing else changes.
    fn open(&mut self, columns: &[Option<u32>]) {
        let mut between = vec![(0, None::<u32>); columns.len()];
        for (a, b) in self.units.edges.iter().map(|(_, a, b)| (self.units.of[*a], self.units.of[*b])) {
            if let (None, Some(next)) = (columns[a], columns[b]) {
                let right = &mut between[a].1;
                *right = Some(right.map_or(next, |right| right.min(next)));
            }
            if let (Some(last), None) = (columns[a], columns[b]) {
                between[b].0 = between[b].0.max(last + 1);
            }
        }
        let new = between.iter().zip(&self.units.list);
        let mut opened: Vec<(u32, f32)> = new
            .filter_map(|((left, right), unit)| right.filter(|r| r == left).map(|r| (r, unit.w)))
            .collect();
        opened.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        opened.dedup_by_key(|o| o.0);
        let (mut centers, mut places, mut by) = (Vec::new(), Vec::new(), 0.0);
        for (c, center) in self.columns.iter().enumerate() {
            if let Some((_, w)) = opened.iter().find(|o| o.0 == c as u32) {
                let w = w.max(Request::CARD.0) + route::APART;
                centers.push(*center);
                places.push(center + by);
                by += w;
            }
            centers.push(*center);
            places.push(center + by);
        }
        (self.centers, self.places) = (centers, places);
        self.opened = opened.into_iter().map(|o| o.0).collect();
    }

    /// Per slot: the height at which it, or the edge through it, was.
    fn heights(&mut self, slots: &Slots) -> Vec<Option<f32>> {
        let mut heights = vec![None; slots.lane.len()];
        for (u, unit) in self.units.list.iter().enumerate() {
            let known = unit.items.iter().find_map(|i| Some((self.of[i.node]?, i.dy)));
            heights[u] = known.map(|(node, dy)| self.before.nodes[node].y - dy);
        }
        let mut edges = Same::new(|e| self.was.edges.get(e).copied());
        for (e, way) in slots.ways.iter().enumerate() {
            let (edge, ..) = self.units.edges[e];
            let (from, to) = self.request.edges[edge];
            let was = self.of[from].zip(self.of[to]).and_then(|ends| edges.find(ends));
            let (Way::Through(last), Some(was)) = (way, was) else { continue };
            let Some(line) = self.before.edges.get(was) else { continue };
            let mut at = Some(*last);
            while let Some(slot) = at {
                let x = self.centers.get(slots.column_of[slot as usize] as usize);
                heights[slot as usize] = x.and_then(|x| height_at(line, *x));
                at = slots.parent[slot as usize - slots.units];
            }
        }
        heights
    }

    /// Puts the columns in the order of the old heights; what is new goes between its neighbours.
    fn sort(&self, slots: &mut Slots, heights: &[Option<f32>]) {
        let mut keys: Vec<Option<f32>> = heights.to_vec();
        let height = |slot: u32| self.units.list.get(slot as usize).map_or(0.0, |u| u.h);
        // From left to right, then back: what is new may hang on what is new.
        for _ in 0..2 {
            for column in &slots.columns {
                for &slot in column.iter().filter(|s| heights[**s as usize].is_none()) {
                    let row = slot as usize;
                    let left = slots.arriving.row(row).iter().map(|l| slots.links[*l as usize].from);
                    let right = slots.leaving.row(row).iter().map(|l| slots.links[*l as usize].to);
                    let near: Vec<f32> = left
                        .chain(right)
                        .filter_map(|s| keys[s as usize].map(|y| y + height(s) / 2.0))
                        .collect();
                    if !near.is_empty() {
                        keys[row] = Some(near.iter().sum::<f32>() / near.len() as f32 - height(slot) / 2.0);
                    }
                }
            }
        }
        let lane = &slots.lane;
        for column in &mut slots.columns {
            let middle = |s: &u32| keys[*s as usize].map_or(f32::MAX, |y| y + height(*s) / 2.0);
            column.sort_by(|a, b| {
                lane[*a as usize].cmp(&lane[*b as usize]).then(middle(a).total_cmp(&middle(b)))
            });
        }
    }
}

/// Finds again what mostly has the order it had: only where it has not, all is looked up.
struct Same<K, F> {
    old: F,
    next: usize,
    index: Option<HashMap<K, usize, RandomState>>,
}

impl<K: Copy + Eq + Hash, F: Fn(usize) -> Option<K>> Same<K, F> {
    /// `old` tells what was there, by its number, and nothing behind its end.
    fn new(old: F) -> Self {
        Self { old, next: 0, index: None }
    }

    /// The number a thing had.
    fn find(&mut self, thing: K) -> Option<usize> {
        if (self.old)(self.next) == Some(thing) {
            self.next += 1;
            return Some(self.next - 1);
        }
        let all = || (0..).map_while(|n| Some(((self.old)(n)?, n))).collect();
        let found = self.index.get_or_insert_with(all).get(&thing).copied();
        self.next = found.map_or(self.next, |n| n + 1);
        found
    }
}

/// The height of a line at a place where it runs level; behind its end that of its end.
fn height_at(line: &[Point], x: f32) -> Option<f32> {
    let level = line.windows(2).find(|p| p[0].x <= x && x <= p[1].x && p[0].x < p[1].x).map(|p| p[0].y);
    level.or_else(|| line.last().filter(|end| end.x < x).map(|end| end.y.round()))
}

#[cfg(test)]
mod tests;
