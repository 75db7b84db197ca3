//! What lies below nodes and edges: lanes, frames of groups.

use egui::{Align2, Color32, Pos2, Rect, Shape, Stroke, Vec2, pos2, vec2};
use threados_core::id::GroupId;
use threados_core::layout::Kind;
use threados_core::model::FailPolicy;

use super::{FULL, Paint};
use crate::plan::from_layout;
use crate::scene::Tone;

/// Radius of the frame of a group.
const FRAME: f32 = 14.0;

/// Lower lanes, in points of the screen, have no room for their name.
const LOW: f32 = 24.0;

/// So much of a group's name is left at least, in points of the drawing.
const LEAST: f32 = 48.0;

/// What happens in a group if one fails, unless it is said to be otherwise.
const USUAL: &str = "fail fast";

impl Paint<'_> {
    /// The names of the lanes, and a line between two. From afar the names stand at the edge, where nothing lies over them.
    pub(super) fn lanes(&self) {
        let near = self.camera.zoom >= FULL;
        for (i, lane) in self.scene.plan.layout.lanes.iter().enumerate() {
            let rect = self.camera.rect_to_screen(self.view, from_layout(&lane.rect));
            if i > 0 {
                let line = Stroke::new(1.0, self.theme.line);
                self.painter.hline(self.view.x_range(), rect.top(), line);
            }
            let Some(name) = lane.name.as_deref().filter(|_| rect.height() >= LOW) else { continue };
            let edge = self.view.left() + 16.0;
            let left = if near { (rect.left() + 4.0).max(edge) } else { edge };
            let at = pos2(left, rect.top() + 16.0 * self.camera.zoom.max(0.7));
            let font = self.strong((10.5 * self.camera.zoom).clamp(9.0, 12.0));
            self.text(&name.to_uppercase(), font, 300.0, at, Align2::LEFT_CENTER, self.theme.faint);
        }
    }

    /// The frames of groups, with what their members do.
    pub(super) fn frames(&self, read: bool) {
        for frame in self.scene.plan.layout.frames.iter().filter(|f| !f.folded) {
            let rect = self.camera.rect_to_screen(self.view, from_layout(&frame.rect));
            if !rect.intersects(self.view) {
                continue;
            }
            let z = self.camera.zoom;
            let faded = self.scene.plan.members(&frame.group).iter().all(|n| self.is_faded(*n));
            let ground = self.theme.canvas.lerp_to_gamma(self.theme.raised, 0.45);
            self.painter.rect_filled(rect, FRAME * z, self.fade(ground, faded));
            if !read {
                continue;
            }
            self.dashes(rect, self.fade(self.theme.strong, faded));
            let at = rect.min + vec2(14.0, 16.0) * z;
            self.heading(&frame.group, (11.5 * z).max(9.0), rect.right() - at.x - 10.0 * z, at, faded);
        }
    }

    /// From what is watched to what watches it.
    pub(super) fn leashes(&self, nodes: &[usize]) {
        for n in nodes {
            let Kind::Watchdog { of } = self.scene.plan.request().nodes[*n].kind else { continue };
            let (from, to) = (self.node_rect(of), self.node_rect(*n));
            let x = to.left() + 30.0 * self.camera.zoom;
            let color = self.theme.tint(self.scene.nodes[*n].tone).mark;
            let pen = Stroke::new(1.5, self.fade(color, self.is_faded(*n)));
            let ends = [pos2(x, from.bottom()), pos2(x, to.top())];
            self.painter.extend(Shape::dotted_line(&ends, pen.color, 3.5 * self.camera.zoom, pen.width));
        }
    }

    fn dashes(&self, rect: Rect, color: Color32) {
        let z = self.camera.zoom;
        let line = Stroke::new(1.0, color);
        let way = rounded(rect, FRAME * z);
        self.painter.extend(Shape::dashed_line(&way, line, 5.0 * z.max(0.5), 4.0 * z.max(0.5)));
    }

    /// The name of a group and what its members do, in one line; nothing of that is cut in the middle of a word. Where
    /// it is narrow, what always is so is left out first, then the name gives way.
    pub(super) fn heading(&self, group: &GroupId, size: f32, room: f32, at: Pos2, faded: bool) {
        let z = self.camera.zoom;
        let (name, gap) = (self.galley(group.as_str(), self.strong(size), f32::INFINITY), 8.0 * z);
        let (whole, least) = (name.size().x, name.size().x.min(LEAST * z));
        let (done, beside) = self.group_words(self.scene.plan.members(group));
        let both = format!("{done} \u{b7} {beside}");
        let font = self.body((11.0 * z).max(8.0));
        let fits = |about: &str, name: f32| {
            let width = self.galley(about, font.clone(), f32::INFINITY).size().x;
            (name + gap + width <= room).then(|| (about.to_owned(), width))
        };
        let told = if beside == USUAL { (&done, whole) } else { (&both, least) };
        let about = fits(&both, whole).or_else(|| fits(told.0, told.1)).or_else(|| fits(&done, least));
        let rest = room - about.as_ref().map_or(0.0, |(_, width)| gap + width);
        let text = self.fade(self.theme.text, faded);
        // A point more than fits exactly: what fits is not to be cut for a rounding.
        let used = self.text(group.as_str(), self.strong(size), rest + 1.0, at, Align2::LEFT_CENTER, text);
        let Some((about, width)) = about else { return };
        let faint = self.fade(self.theme.faint, faded);
        let right = at + vec2(used + gap, 0.0);
        self.text(&about, font, width + 1.0, right, Align2::LEFT_CENTER, faint);
    }

    /// `1 of 3 done · fail fast`.
    pub(super) fn about_group(&self, members: &[usize]) -> String {
        let (done, policy) = self.group_words(members);
        format!("{done} \u{b7} {policy}")
    }

    /// How many are done, and what is to be known beside it: how many failed, or what happens if one does.
    fn group_words(&self, members: &[usize]) -> (String, String) {
        let sequence = self.scene.snapshot.sequence();
        let of = |tone| members.iter().filter(|n| self.scene.nodes[**n].tone == tone).count();
        let best = |n: &usize| sequence.steps[*n].fail_policy == Some(FailPolicy::BestEffort);
        let policy = if members.iter().any(best) { "best effort" } else { USUAL };
        let policy = match of(Tone::Failed) {
            0 => policy.to_owned(),
            failed => format!("{failed} failed"),
        };
        (format!("{} of {} done", of(Tone::Done), members.len()), policy)
    }
}

/// The way around a rectangle with round corners, back to where it begins.
fn rounded(rect: Rect, radius: f32) -> Vec<Pos2> {
    const PARTS: u8 = 6;
    let inner = rect.shrink(radius);
    let corners = [inner.right_top(), inner.right_bottom(), inner.left_bottom(), inner.left_top()];
    let arcs = corners.into_iter().zip([-1.0_f32, 0.0, 1.0, 2.0]).flat_map(|(at, quarter)| {
        (0..=PARTS).map(move |part| {
            let turn = (quarter + f32::from(part) / f32::from(PARTS)) * std::f32::consts::FRAC_PI_2;
            at + radius * Vec2::angled(turn)
        })
    });
    let way: Vec<Pos2> = arcs.collect();
    way.iter().copied().chain(way.first().copied()).collect()
}
