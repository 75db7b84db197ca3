//! Layered, left-to-right placement of a graph.
//!
//! Columns are ranks, lanes are rows. Between two columns lies a gap that holds no node: edges change their
//! height only there, and cross a column only in a place of their own. So no edge can meet a node.

mod csr;
mod geometry;
mod keep;
mod order;
mod place;
mod rank;
mod request;
mod route;
mod slots;
#[cfg(test)]
mod tests;
mod tracks;
mod units;

pub use geometry::{Point, Rect};
pub use request::{Kind, NodeSpec, Request};

use std::sync::atomic::{AtomicBool, Ordering};

use crate::id::GroupId;

/// A lane: the band of rows that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// Its label; `None` for the nodes that name no lane.
    pub name: Option<String>,
    /// The band over the whole width.
    pub rect: Rect,
}

/// The frame around the members of a group that stand together.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// The group.
    pub group: GroupId,
    /// The frame; its upper [`Frame::HEADER`] points are free for a title.
    pub rect: Rect,
    /// Whether it stands for its members, which all lie in it.
    pub folded: bool,
}

impl Frame {
    /// Height of the free strip at the top of a frame.
    pub const HEADER: f32 = 32.0;
}

/// Where everything is; lengths in points, y grows downwards, the upper left corner of `bounds` is 0,0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    /// Per node of the request: its place.
    pub nodes: Vec<Rect>,
    /// Per edge of the request: its corners from the source's right side to the target's left side, horizontal
    /// and vertical by turns. Empty for an edge that would run backwards (it closes a cycle) or belongs to a
    /// watchdog.
    pub edges: Vec<Vec<Point>>,
    /// The lanes from top to bottom; empty where no node names one.
    pub lanes: Vec<Lane>,
    /// The frames of the groups. A group in several lanes has a frame in each; one whose members cannot stand
    /// side by side has none.
    pub frames: Vec<Frame>,
    /// What the drawing covers.
    pub bounds: Rect,
}

/// How much is done for a good drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Something to look at, at once.
    First,
    /// As much as pays.
    Full,
}

/// Places a graph. Equal requests give equal layouts.
pub fn layout(request: &Request) -> Layout {
    layout_with(request, Effort::Full)
}

/// The same with more or less effort.
pub fn layout_with(request: &Request, effort: Effort) -> Layout {
    place_all(request, effort, &AtomicBool::new(false))
}

/// The same with full effort; `None` where nobody wants it any more before it is there.
pub fn layout_unless(request: &Request, stop: &AtomicBool) -> Option<Layout> {
    let layout = place_all(request, Effort::Full, stop);
    (!stop.load(Ordering::Relaxed)).then_some(layout)
}

fn place_all(request: &Request, effort: Effort, stop: &AtomicBool) -> Layout {
    let units = units::Units::new(request);
    let ranks = rank::ranks(&units, effort, stop);
    let mut slots = slots::Slots::new(&units, &ranks);
    order::arrange(&mut slots, effort, stop);
    if stop.load(Ordering::Relaxed) {
        return Layout::default();
    }
    let rows = place::rows(&units, &slots);
    route::draw(request, &units, &slots, &rows, &[])
}

/// Places a graph that has changed a little: what was there stays where it was as far as the change allows. Where it
/// has changed much, it is placed anew.
pub fn layout_after(request: &Request, before: (&Request, &Layout)) -> Layout {
    layout_kept(request, before).unwrap_or_else(|| layout(request))
}

/// The same; `None` where it has changed too much for that.
pub fn layout_kept(request: &Request, before: (&Request, &Layout)) -> Option<Layout> {
    keep::layout(request, before.0, before.1)
}
