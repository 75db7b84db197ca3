//! From where panels stand to places on the screen.

use egui::{Rect, pos2};

use super::{Dock, Edge, Side, Stack};

/// How high the tabs of a place are.
pub const TABS: f32 = 36.0;
/// What is left of the middle, whatever is put around it.
const MIDDLE: (f32, f32) = (240.0, 140.0);
/// As narrow, or as low, as an edge can be made.
const LEAST: f32 = 90.0;
/// The same of a column, which has fields beside their names.
const LEAST_COLUMN: f32 = 240.0;

/// A line between two places that can be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bar {
    /// Between an edge and the middle.
    Edge(Side),
    /// Between a place of an edge, by its number, and the next.
    Between(Side, usize),
}

/// Where everything is.
#[derive(Debug, Clone, PartialEq)]
pub struct Laid {
    /// Each place that is seen: its edge, its number there, where it is.
    pub stacks: Vec<(Side, usize, Rect)>,
    /// Each bar, where it is, and how many points the places beside it share; none where it cannot be moved.
    pub bars: Vec<(Bar, Rect, f32)>,
    /// What the panels leave.
    pub middle: Rect,
}

/// Lays the panels out. `fixed` says how high a place is that needs no more, where it stands above or below others.
pub fn lay(dock: &Dock, room: Rect, fixed: impl Fn(&Stack) -> Option<f32>) -> Laid {
    let mut laid = Laid { stacks: Vec::new(), bars: Vec::new(), middle: room };
    for side in Side::ALL {
        let edge = dock.edge(side);
        if !edge.open || edge.stacks.is_empty() {
            continue;
        }
        let all = laid.middle;
        let most = if side == Side::Below { all.height() - MIDDLE.1 } else { all.width() - MIDDLE.0 };
        let size = edge.size.max(least(side)).min(most.max(LEAST)).round();
        let (own, rest, bar) = match side {
            Side::Left => {
                let (own, rest) = all.split_left_right_at_x(all.left() + size);
                (own, rest, own.with_min_x(own.right()))
            }
            Side::Right => {
                let (rest, own) = all.split_left_right_at_x(all.right() - size);
                (own, rest, own.with_max_x(own.left()))
            }
            Side::Below => {
                let (rest, own) = all.split_top_bottom_at_y(all.bottom() - size);
                (own, rest, own.with_max_y(own.top()))
            }
        };
        laid.middle = rest;
        laid.bars.push((Bar::Edge(side), bar, 0.0));
        places(edge, side, own, &fixed, &mut laid);
    }
    laid
}

fn least(side: Side) -> f32 {
    if side == Side::Below { LEAST } else { LEAST_COLUMN }
}

fn places(edge: &Edge, side: Side, own: Rect, fixed: impl Fn(&Stack) -> Option<f32>, laid: &mut Laid) {
    let is_row = side == Side::Below;
    let all = if is_row { own.width() } else { own.height() };
    let alone = edge.stacks.len() == 1;
    let fixed = |stack: &Stack| match (is_row || alone, stack.folded) {
        (true, _) => None,
        (false, true) => Some(TABS),
        (false, false) => fixed(stack),
    };
    let taken: f32 = edge.stacks.iter().filter_map(&fixed).sum();
    let shares: f32 = edge.stacks.iter().filter(|s| fixed(s).is_none()).map(|s| s.share).sum();
    let free = (all - taken).max(0.0);
    let mut at = if is_row { own.left() } else { own.top() };
    let end = at + all;
    for (n, stack) in edge.stacks.iter().enumerate() {
        let size = fixed(stack).unwrap_or_else(|| free * stack.share / shares);
        let to = if n + 1 == edge.stacks.len() && shares > 0.0 { end } else { (at + size).round().min(end) };
        let rect = if is_row {
            Rect::from_min_max(pos2(at, own.top()), pos2(to, own.bottom()))
        } else {
            Rect::from_min_max(pos2(own.left(), at), pos2(own.right(), to))
        };
        if let Some(before) = n.checked_sub(1) {
            let moves = fixed(&edge.stacks[before]).is_none() && fixed(stack).is_none();
            let bar = if is_row { rect.with_max_x(rect.left()) } else { rect.with_max_y(rect.top()) };
            laid.bars.push((Bar::Between(side, before), bar, if moves { free } else { 0.0 }));
        }
        laid.stacks.push((side, n, rect));
        at = to;
    }
}

/// Moves a bar by so many points, to the right or down, of the `free` ones that all places beside it share.
pub(super) fn move_bar(dock: &mut Dock, bar: Bar, by: f32, free: f32) {
    match bar {
        Bar::Edge(side) => {
            let edge = dock.edge_mut(side);
            let by = if side == Side::Left { by } else { -by };
            edge.size = (edge.size + by).clamp(least(side), 4000.0);
        }
        Bar::Between(side, n) => {
            let stacks = &mut dock.edge_mut(side).stacks;
            let shares: f32 = stacks.iter().filter(|s| !s.folded).map(|s| s.share).sum();
            if free <= 0.0 || n + 1 >= stacks.len() {
                return;
            }
            let (both, point) = (stacks[n].share + stacks[n + 1].share, shares / free);
            let low = (LEAST * point).min(both / 2.0);
            let first = (stacks[n].share + by * point).clamp(low, both - low);
            (stacks[n].share, stacks[n + 1].share) = (first, both - first);
        }
    }
}
