//! Where everything is, and how to find what is in a place or follows from a node.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use egui::{Pos2, Rect, pos2, vec2};
use threados_core::id::GroupId;
use threados_core::layout::{Effort, Layout, Request, layout_kept, layout_unless, layout_with};

/// The side of a cell of the grid, in points of the drawing.
const CELL: f32 = 512.0;

/// A graph of more nodes than this is drawn roughly at first: a good drawing would be waited for.
const AT_ONCE: usize = 200;

/// A layout with what the canvas asks of it.
#[derive(Debug)]
pub struct Plan {
    request: Request,
    /// Whether it was drawn roughly; the good drawing, as soon as it is there.
    rough: bool,
    better: OnceLock<Arc<Plan>>,
    /// Where everything is.
    pub layout: Layout,
    nodes: Grid,
    edges: Grid,
    after: Vec<Vec<u32>>,
    before: Vec<Vec<u32>>,
    groups: HashMap<GroupId, Vec<usize>>,
    /// Per node: whether a folded group's card stands for it.
    hidden: Vec<bool>,
}

impl Plan {
    /// Places a graph; a large one roughly.
    pub fn new(request: Request) -> Self {
        let rough = request.nodes.len() > AT_ONCE;
        let layout = layout_with(&request, if rough { Effort::First } else { Effort::Full });
        Self::of(request, layout, rough)
    }

    /// Places a graph that was another one before: what was there stays where it was, as far as it can.
    pub fn after(request: Request, before: &Self) -> Self {
        match layout_kept(&request, (&before.request, &before.layout)) {
            Some(layout) => Self::of(request, layout, before.rough),
            None => Self::new(request),
        }
    }

    /// Whether a better drawing pays and is not there yet.
    pub fn is_rough(&self) -> bool {
        self.rough && self.better.get().is_none()
    }

    /// Works the good drawing of a rough one out; whether it did, and was not told to stop.
    pub fn refine(&self, stop: &AtomicBool) -> bool {
        let drawn = self.is_rough().then(|| layout_unless(&self.request, stop)).flatten();
        drawn.is_some_and(|layout| {
            let better = Self::of(self.request.clone(), layout, false);
            self.better.set(Arc::new(better)).is_ok()
        })
    }

    /// The good drawing where it is there, else this one.
    pub fn best(self: &Arc<Self>) -> Arc<Self> {
        Arc::clone(self.better.get().unwrap_or(self))
    }

    fn of(request: Request, layout: Layout, rough: bool) -> Self {
        let (mut nodes, mut edges) = (Grid::default(), Grid::default());
        for (i, rect) in layout.nodes.iter().enumerate() {
            // A gate has its words below it.
            nodes.add(i, from_layout(rect).expand2(vec2(40.0, 40.0)));
        }
        for (i, corners) in layout.edges.iter().enumerate() {
            for pair in corners.windows(2) {
                edges.add(i, Rect::from_two_pos(pos2(pair[0].x, pair[0].y), pos2(pair[1].x, pair[1].y)));
            }
        }
        let mut after = vec![Vec::new(); request.nodes.len()];
        let mut before = after.clone();
        for (from, to) in &request.edges {
            after[*from].push(index(*to));
            before[*to].push(index(*from));
        }
        let mut groups: HashMap<GroupId, Vec<usize>> = HashMap::new();
        for (i, node) in request.nodes.iter().enumerate() {
            if let Some(group) = &node.group {
                groups.entry(group.clone()).or_default().push(i);
            }
        }
        let mut hidden = vec![false; request.nodes.len()];
        for frame in layout.frames.iter().filter(|f| f.folded) {
            for n in groups.get(&frame.group).into_iter().flatten() {
                hidden[*n] |= layout.nodes[*n].overlaps(&frame.rect);
            }
        }
        let better = OnceLock::new();
        Self { request, rough, better, layout, nodes, edges, after, before, groups, hidden }
    }

    /// What was placed.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Whether a folded group's card stands for a node.
    pub fn is_hidden(&self, node: usize) -> bool {
        self.hidden.get(node).copied().unwrap_or_default()
    }

    /// Whether a group is folded.
    pub fn is_folded(&self, group: &GroupId) -> bool {
        self.request.folded.contains(group)
    }

    /// A shortest way along the edges from one node to another, both included.
    pub fn way(&self, from: usize, to: usize) -> Option<Vec<usize>> {
        let mut came = HashMap::from([(from, from)]);
        let mut todo = std::collections::VecDeque::from([from]);
        while let Some(n) = todo.pop_front() {
            if n == to {
                let mut way = vec![to];
                while way[way.len() - 1] != from {
                    way.push(came[&way[way.len() - 1]]);
                }
                way.reverse();
                return Some(way);
            }
            for next in self.after.get(n).into_iter().flatten().map(|n| *n as usize) {
                came.entry(next).or_insert_with(|| {
                    todo.push_back(next);
                    n
                });
            }
        }
        None
    }

    /// The way along the edges that costs most; each node costs something of its own.
    pub fn longest(&self, cost: impl Fn(usize) -> f32) -> Vec<usize> {
        let n = self.after.len();
        let mut open: Vec<usize> = self.before.iter().map(Vec::len).collect();
        let mut order: Vec<usize> = (0..n).filter(|i| open[*i] == 0).collect();
        let mut sum: Vec<f32> = (0..n).map(&cost).collect();
        let mut came = vec![None; n];
        let mut at = 0;
        while let Some(&node) = order.get(at) {
            at += 1;
            for next in self.after[node].iter().map(|n| *n as usize) {
                if sum[node] + cost(next) > sum[next] {
                    sum[next] = sum[node] + cost(next);
                    came[next] = Some(node);
                }
                open[next] -= 1;
                if open[next] == 0 {
                    order.push(next);
                }
            }
        }
        let last = order.into_iter().filter(|n| sum[*n] > 0.0).max_by(|a, b| sum[*a].total_cmp(&sum[*b]));
        std::iter::successors(last, |n| came[*n]).filter(|n| cost(*n) > 0.0).collect()
    }

    /// What an edge leads to from a node.
    pub fn next(&self, node: usize) -> &[u32] {
        self.after.get(node).map_or(&[], Vec::as_slice)
    }

    /// The members of a group.
    pub fn members(&self, group: &GroupId) -> &[usize] {
        self.groups.get(group).map_or(&[], Vec::as_slice)
    }

    /// The place of a node.
    pub fn rect(&self, node: usize) -> Rect {
        self.layout.nodes.get(node).map_or(Rect::NOTHING, from_layout)
    }

    /// What the drawing covers.
    pub fn bounds(&self) -> Rect {
        from_layout(&self.layout.bounds)
    }

    /// The nodes that may show in a part of the drawing, in order.
    pub fn nodes_in(&self, part: Rect) -> Vec<usize> {
        self.nodes.within(part, self.layout.nodes.len())
    }

    /// The edges that may show in a part of the drawing, in order.
    pub fn edges_in(&self, part: Rect) -> Vec<usize> {
        self.edges.within(part, self.layout.edges.len())
    }

    /// The node at a place.
    pub fn node_at(&self, at: Pos2) -> Option<usize> {
        let near = self.nodes_in(Rect::from_center_size(at, vec2(1.0, 1.0)));
        near.into_iter().rev().find(|n| self.rect(*n).contains(at))
    }

    /// A node with all that comes before it and all that follows from it.
    pub fn kin(&self, node: usize) -> HashSet<usize> {
        let mut kin = HashSet::from([node]);
        for links in [&self.after, &self.before] {
            let mut todo = vec![node];
            let mut seen = HashSet::from([node]);
            while let Some(next) = todo.pop() {
                let near = links.get(next).into_iter().flatten().map(|n| *n as usize);
                todo.extend(near.filter(|n| seen.insert(*n)).collect::<Vec<_>>());
            }
            kin.extend(seen);
        }
        kin
    }

    /// All that comes before a node, the nearest first, but no more than so many.
    pub fn earlier(&self, node: usize, most: usize) -> Vec<usize> {
        let mut seen = HashSet::from([node]);
        let mut found = vec![node];
        let mut at = 0;
        while let Some(next) = found.get(at).copied().filter(|_| found.len() <= most) {
            at += 1;
            let near = self.before.get(next).into_iter().flatten().map(|n| *n as usize);
            found.extend(near.filter(|n| seen.insert(*n)));
        }
        found.truncate(most + 1);
        found.split_off(1)
    }

    /// The nearest node from another in a direction (one of dx, dy is 1 or -1, the other 0).
    pub fn neighbour(&self, node: usize, dx: f32, dy: f32) -> Option<usize> {
        let from = self.rect(node).center();
        let cost = |n: usize| {
            let way = self.rect(n).center() - from;
            let (along, aside) = (way.x * dx + way.y * dy, (way.x * dy).abs() + (way.y * dx).abs());
            (along > 1.0).then_some(along + 2.0 * aside)
        };
        let all = (0..self.layout.nodes.len()).filter(|n| *n != node);
        all.filter_map(|n| Some((cost(n)?, n))).min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, n)| n)
    }
}

/// A rectangle of the layout as egui has it.
pub fn from_layout(rect: &threados_core::layout::Rect) -> Rect {
    Rect::from_min_size(pos2(rect.x, rect.y), vec2(rect.w, rect.h))
}

fn index(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Which things may be in which cell.
#[derive(Debug, Default)]
struct Grid(HashMap<(i32, i32), Vec<u32>>);

impl Grid {
    fn add(&mut self, thing: usize, rect: Rect) {
        let thing = index(thing);
        for cell in cells(rect) {
            let list = self.0.entry(cell).or_default();
            if list.last() != Some(&thing) {
                list.push(thing);
            }
        }
    }

    /// Where nearly every cell shows it is quicker to take all there is.
    fn within(&self, part: Rect, all: usize) -> Vec<usize> {
        let (w, h) = (part.width() / CELL + 1.0, part.height() / CELL + 1.0);
        if w * h > self.0.len() as f32 {
            return (0..all).collect();
        }
        let lists = cells(part).filter_map(|cell| self.0.get(&cell));
        let mut found: Vec<usize> = lists.flatten().map(|n| *n as usize).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a drawing has fewer than two thousand million cells")]
fn cells(rect: Rect) -> impl Iterator<Item = (i32, i32)> {
    let cell = |v: f32| (v / CELL).floor() as i32;
    let (left, right, top, bottom) =
        (cell(rect.left()), cell(rect.right()), cell(rect.top()), cell(rect.bottom()));
    (left..=right).flat_map(move |x| (top..=bottom).map(move |y| (x, y)))
}
