//! Where a step that is let go stands in the order of the file: next to which step of its column.

use egui::{Pos2, Rect, Stroke, pos2};
use threados_core::action::StepMove;
use threados_core::id::StepId;
use threados_core::layout::Kind;

use super::Paint;
use crate::scene::Scene;

/// A place between the steps of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    /// The step beside it.
    pub anchor: usize,
    /// Whether that one comes next; else it comes right before.
    pub before: bool,
    /// Where it is, in the drawing.
    pub line: Rect,
}

impl Place {
    /// What to ask for.
    pub fn action(&self, scene: &Scene, step: usize) -> StepMove {
        let id = |n: usize| StepId::from(&scene.nodes[n].id);
        let (before, after) = match self.before {
            true => (Some(id(self.anchor)), None),
            false => (None, Some(id(self.anchor))),
        };
        StepMove { id: id(step), before, after }
    }
}

impl Scene {
    /// Whether a step has others above or below it.
    pub(super) fn has_column(&self, step: usize) -> bool {
        !self.column(step, self.lane_of(step)).is_empty()
    }

    /// Where a step would stand if it were let go here, in a lane (`None`: the one without a name); nothing where it
    /// stands there already, or the place is beside its column.
    pub(super) fn place_at(&self, step: usize, lane: Option<&str>, at: Pos2) -> Option<Place> {
        let own = self.plan.rect(step);
        if !own.x_range().contains(at.x) {
            return None;
        }
        let column = self.column(step, lane);
        let below = column.partition_point(|n| self.plan.rect(*n).center().y < at.y);
        let (above, below) = (below.checked_sub(1).map(|i| column[i]), column.get(below).copied());
        let stays = lane == self.lane_of(step)
            && above.is_none_or(|n| self.plan.rect(n).center().y < own.center().y)
            && below.is_none_or(|n| self.plan.rect(n).center().y > own.center().y);
        if stays {
            return None;
        }
        // Steps come first among the nodes, in the order of the file.
        let beside = |anchor: usize, before: bool| {
            let place = if before { anchor.checked_sub(1) } else { Some(anchor + 1) };
            (place != Some(step)).then_some((anchor, before))
        };
        let after = above.and_then(|n| beside(n, false));
        let (anchor, before) = after.or_else(|| below.and_then(|n| beside(n, true)))?;
        let next = self.plan.rect(anchor);
        let y = match (above, below) {
            (Some(a), Some(b)) => f32::midpoint(self.plan.rect(a).bottom(), self.plan.rect(b).top()),
            (Some(_), None) => next.bottom() + 8.0,
            _ => next.top() - 8.0,
        };
        let line = Rect::from_min_max(pos2(own.left(), y), pos2(own.right(), y));
        Some(Place { anchor, before, line })
    }

    fn lane_of(&self, step: usize) -> Option<&str> {
        self.step(step).and_then(|s| s.lane.as_deref())
    }

    /// The other steps of the column of a step in a lane, from top to bottom; of one in a group, of its group.
    fn column(&self, step: usize, lane: Option<&str>) -> Vec<usize> {
        let own = self.plan.rect(step);
        let group = self.step(step).and_then(|s| s.group_id.as_ref());
        let specs = &self.plan.request().nodes;
        let beside = |n: &usize| {
            let rect = self.plan.rect(*n);
            *n != step
                && (rect.center().x - own.center().x).abs() < own.width() / 2.0
                && !self.plan.is_hidden(*n)
                && specs[*n].kind == Kind::Step
                && self.lane_of(*n) == lane
                && (group.is_none() || specs[*n].group.as_ref() == group)
        };
        let mut column: Vec<usize> = (0..self.counts.steps).filter(beside).collect();
        column.sort_by(|a, b| self.plan.rect(*a).center().y.total_cmp(&self.plan.rect(*b).center().y));
        column
    }
}

impl Paint<'_> {
    /// Shows where a step would come to stand.
    pub(super) fn place(&self, place: &Place, pen: Stroke) {
        let line = self.camera.rect_to_screen(self.view, place.line);
        self.painter.hline(line.x_range(), line.center().y, pen);
        for x in [line.left(), line.right()] {
            self.painter.circle_filled(pos2(x, line.center().y), 3.0, pen.color);
        }
    }
}
