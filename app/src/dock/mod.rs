//! Where the panels stand: at which edge, alone or as tabs of one place. Plain data; `lay` says where that is on the
//! screen.

mod float;
mod lay;

use serde::{Deserialize, Deserializer, Serialize};

pub use float::{FIRST, Float};
pub use lay::{Bar, Laid, TABS, lay};

/// A panel that can be put anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pane {
    /// All about the selection.
    Inspector,
    /// Say what is to be done.
    Chat,
    /// A run over time.
    Timeline,
    /// What the selection prints.
    Logs,
    /// What is wrong.
    Problems,
    /// Every run.
    Runs,
    /// What was done.
    Audit,
    /// The panes of mprocs.
    Terminal,
}

impl Pane {
    /// Every one.
    pub const ALL: [Self; 8] = [
        Self::Inspector,
        Self::Chat,
        Self::Timeline,
        Self::Logs,
        Self::Problems,
        Self::Runs,
        Self::Audit,
        Self::Terminal,
    ];

    /// What its tab says.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inspector => "Inspector",
            Self::Chat => "Chat",
            Self::Timeline => "Timeline",
            Self::Logs => "Logs",
            Self::Problems => "Problems",
            Self::Runs => "Runs",
            Self::Audit => "Audit",
            Self::Terminal => "Terminal",
        }
    }
}

/// An edge of the window at which panels stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// One above the other, on the left.
    Left,
    /// One above the other, on the right.
    Right,
    /// One beside the other, below.
    Below,
}

impl Side {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Left, Self::Right, Self::Below];

    /// Where it is, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Left => "on the left",
            Self::Right => "on the right",
            Self::Below => "below",
        }
    }

    /// The way there, in words.
    pub fn way(self) -> &'static str {
        match self {
            Self::Left => "to the left",
            Self::Right => "to the right",
            Self::Below => "below",
        }
    }
}

/// Where a panel is put. Other panels say where, since places move as soon as one is taken out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// A place of its own at an edge: before the one in which this panel is, or behind all.
    Own(Side, Option<Pane>),
    /// The last tab of the place in which this panel is.
    With(Pane),
    /// A tab of the same place, before this one.
    Before(Pane),
    /// A window of its own, with its left and upper side there.
    Free([f32; 2]),
}

/// A change of where panels stand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// This panel goes there.
    Put(Pane, Place),
    /// It comes to the front, wherever it is.
    Show(Pane),
    /// The place in which it is becomes a line, or is opened again.
    Fold(Pane),
    /// An edge is closed, or opened again.
    Turn(Side),
    /// It gets a window of its own, over the others.
    Float(Pane),
    /// Its window is there now: left and upper side, width and height.
    Drift(Pane, [f32; 4]),
    /// It goes back from its window to where it was.
    Back(Pane),
    /// A bar is moved by so many points, to the right or down; of so many that the places beside it share.
    Move(Bar, f32, f32),
}

/// A place: panels as tabs, of which one is seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// Its tabs; never empty.
    pub panes: Vec<Pane>,
    /// Which is seen.
    pub front: usize,
    /// How much of its edge it has, beside the others there.
    pub share: f32,
    /// Whether only its tabs are seen.
    pub folded: bool,
}

impl Stack {
    fn of(panes: &[Pane]) -> Self {
        Self { panes: panes.to_vec(), front: 0, share: 1.0, folded: false }
    }

    /// The panel that is seen.
    pub fn front(&self) -> Pane {
        self.panes[self.front.min(self.panes.len() - 1)]
    }

    fn has(&self, pane: Pane) -> bool {
        self.panes.contains(&pane)
    }
}

/// What stands at one edge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    /// Whether it is shown.
    pub open: bool,
    /// How wide it is, or high.
    pub size: f32,
    /// Its places, from above or from the left.
    pub stacks: Vec<Stack>,
}

/// Where every panel stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dock {
    left: Edge,
    right: Edge,
    below: Edge,
    #[serde(default)]
    floating: Vec<Float>,
}

impl Default for Dock {
    fn default() -> Self {
        use Pane::{Audit, Chat, Inspector, Logs, Problems, Runs, Terminal, Timeline};
        let edge = |size, stacks| Edge { open: true, size, stacks };
        Self {
            left: edge(324.0, Vec::new()),
            right: edge(324.0, vec![Stack::of(&[Inspector]), Stack::of(&[Chat])]),
            below: edge(232.0, vec![Stack::of(&[Timeline, Logs, Problems, Runs, Audit, Terminal])]),
            floating: Vec::new(),
        }
    }
}

impl Dock {
    /// What stands at an edge.
    pub fn edge(&self, side: Side) -> &Edge {
        match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
            Side::Below => &self.below,
        }
    }

    fn edge_mut(&mut self, side: Side) -> &mut Edge {
        match side {
            Side::Left => &mut self.left,
            Side::Right => &mut self.right,
            Side::Below => &mut self.below,
        }
    }

    /// Where a panel is: the edge, and which of its places.
    pub fn find(&self, pane: Pane) -> Option<(Side, usize)> {
        let at = |side: Side| self.edge(side).stacks.iter().position(|s| s.has(pane));
        Side::ALL.into_iter().find_map(|side| at(side).map(|n| (side, n)))
    }

    /// The place in which a panel is.
    pub fn stack(&self, pane: Pane) -> Option<&Stack> {
        self.find(pane).and_then(|(side, n)| self.edge(side).stacks.get(n))
    }

    fn stack_mut(&mut self, pane: Pane) -> Option<&mut Stack> {
        self.find(pane).and_then(|(side, n)| self.edge_mut(side).stacks.get_mut(n))
    }

    /// Whether anything of it is seen.
    pub fn is_shown(&self, pane: Pane) -> bool {
        let open = self.find(pane).is_some_and(|(side, _)| self.edge(side).open);
        self.floats(pane) || open && self.stack(pane).is_some_and(|s| !s.folded && s.front() == pane)
    }

    /// Carries a change out.
    pub fn take(&mut self, change: Change) {
        match change {
            Change::Put(pane, place) => self.put(pane, place),
            Change::Show(pane) => self.show(pane),
            Change::Fold(pane) => {
                if let Some(stack) = self.stack_mut(pane) {
                    stack.folded = !stack.folded;
                }
            }
            Change::Turn(side) => {
                let edge = self.edge_mut(side);
                edge.open = !edge.open;
            }
            Change::Float(pane) => self.float(pane, None),
            Change::Drift(pane, at) => self.drift(pane, at),
            Change::Back(pane) => self.back(pane),
            Change::Move(bar, by, both) => lay::move_bar(self, bar, by, both),
        }
    }

    fn show(&mut self, pane: Pane) {
        if let Some((side, _)) = self.find(pane) {
            self.edge_mut(side).open = true;
        }
        if let Some(stack) = self.stack_mut(pane) {
            stack.folded = false;
            stack.front = stack.panes.iter().position(|p| *p == pane).unwrap_or(0);
        }
    }

    fn put(&mut self, pane: Pane, place: Place) {
        if let Place::Free(at) = place {
            return self.float(pane, Some(at));
        }
        // What it is put beside must not be itself: then one that stays there says where.
        let other = |dock: &Self| dock.stack(pane)?.panes.iter().copied().find(|p| *p != pane);
        let place = match place {
            Place::With(with) | Place::Before(with) if with == pane => return self.show(pane),
            Place::Own(side, Some(before)) if before == pane => match other(self) {
                Some(other) => Place::Own(side, Some(other)),
                None => return self.show(pane),
            },
            place => place,
        };
        self.take_out(pane);
        match place {
            Place::Own(side, before) => {
                let at = before.and_then(|p| self.find(p)).filter(|(of, _)| *of == side).map(|(_, n)| n);
                let stacks = &mut self.edge_mut(side).stacks;
                stacks.insert(at.unwrap_or(stacks.len()), Stack::of(&[pane]));
            }
            Place::With(with) | Place::Before(with) => match self.stack_mut(with) {
                Some(stack) => {
                    let at = stack.panes.iter().position(|p| *p == with && place == Place::Before(with));
                    stack.panes.insert(at.unwrap_or(stack.panes.len()), pane);
                }
                None => self.right.stacks.push(Stack::of(&[pane])),
            },
            Place::Free(_) => {}
        }
        self.show(pane);
    }

    fn take_out(&mut self, pane: Pane) {
        self.floating.retain(|f| f.pane != pane);
        for side in Side::ALL {
            let stacks = &mut self.edge_mut(side).stacks;
            for stack in &mut *stacks {
                let front = stack.front();
                stack.panes.retain(|p| *p != pane);
                stack.front = stack.panes.iter().position(|p| *p == front).unwrap_or(0);
            }
            stacks.retain(|s| !s.panes.is_empty());
        }
    }

    /// What stands below is at most so high.
    pub fn lower(&mut self, most: f32) {
        self.below.size = self.below.size.min(most);
    }

    /// With every panel once, and every figure in its bounds: the file may be anybody's.
    #[must_use]
    pub fn sane(mut self) -> Self {
        let mut seen = Vec::new();
        for side in Side::ALL {
            let edge = self.edge_mut(side);
            let usual = if side == Side::Below { 232.0 } else { 324.0 };
            edge.size = if edge.size.is_finite() { edge.size.clamp(90.0, 4000.0) } else { usual };
            for stack in &mut edge.stacks {
                stack.panes.retain(|pane| {
                    let new = !seen.contains(pane);
                    seen.push(*pane);
                    new
                });
                stack.share = if stack.share.is_finite() { stack.share.clamp(0.05, 20.0) } else { 1.0 };
            }
            edge.stacks.retain(|s| !s.panes.is_empty());
            edge.stacks.iter_mut().for_each(|s| s.front = s.front.min(s.panes.len() - 1));
        }
        let floating = std::mem::take(&mut self.floating).into_iter().filter_map(Float::sane);
        for float in floating {
            if !seen.contains(&float.pane) {
                seen.push(float.pane);
                self.floating.push(float);
            }
        }
        let usual = Self::default();
        for pane in Pane::ALL.into_iter().filter(|p| !seen.contains(p)) {
            let (side, n) = usual.find(pane).unwrap_or((Side::Right, 0));
            let beside = usual.edge(side).stacks[n].panes.iter().copied();
            let beside = beside.filter(|p| *p != pane).find(|p| self.find(*p).is_some());
            let front = beside.and_then(|p| self.stack(p)).map(Stack::front);
            self.put(pane, beside.map_or(Place::Own(side, None), Place::With));
            front.into_iter().for_each(|front| self.show(front));
        }
        self
    }
}

/// What the file says, or as usual where it says nothing that is understood: the rest of the file still counts.
///
/// # Errors
/// What the reader of the file says.
pub fn lenient<'de, D: Deserializer<'de>>(from: D) -> Result<Dock, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

#[cfg(test)]
mod tests;
