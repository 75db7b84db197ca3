//! A folded group: one card with a mark for each member.

use egui::{Align2, Pos2, Stroke, StrokeKind, vec2};
use threados_core::id::GroupId;

use super::marks::mark;
use super::{FULL, Paint};
use crate::plan::from_layout;
use crate::scene::{Scene, Tone};

/// More marks than this find no room.
const MOST: usize = 14;

/// The group in whose frame a place is.
pub(super) fn frame_at(scene: &Scene, at: Pos2) -> Option<GroupId> {
    let open = scene.plan.layout.frames.iter().filter(|frame| !frame.folded);
    let mut there = open.filter(|frame| from_layout(&frame.rect).contains(at));
    there.next().map(|frame| frame.group.clone())
}

impl Paint<'_> {
    /// The cards of all folded groups that are seen.
    pub(super) fn folded(&self) {
        for frame in self.scene.plan.layout.frames.iter().filter(|f| f.folded) {
            let rect = self.camera.rect_to_screen(self.view, from_layout(&frame.rect));
            if !rect.intersects(self.view) {
                continue;
            }
            let (z, members) = (self.camera.zoom, self.scene.plan.members(&frame.group));
            let faded = members.iter().all(|n| self.is_faded(*n));
            let chosen = members.iter().any(|n| self.is_chosen(*n));
            let line = if chosen { self.theme.ink } else { self.theme.strong };
            let ground = self.fade(self.theme.raised, faded);
            // Two cards behind it: it stands for several.
            for behind in [6.0, 3.0] {
                let back = rect.translate(vec2(behind, behind) * z);
                self.painter.rect(
                    back,
                    9.0 * z,
                    ground,
                    Stroke::new(1.0, self.theme.line),
                    StrokeKind::Inside,
                );
            }
            let width = if chosen { 2.0 } else { 1.2 };
            let pen = Stroke::new((width * z).max(1.0), self.fade(line, faded));
            self.painter.rect(rect, 9.0 * z, ground, pen, StrokeKind::Inside);
            let size = if z >= FULL { 13.0 * z } else { (26.0 * z).clamp(7.0, 12.0) };
            let room = rect.width() - 24.0 * z;
            let at = rect.min + vec2(13.0, if z >= FULL { 21.0 } else { 30.0 }) * z;
            if z < FULL {
                let text = self.fade(self.theme.text, faded);
                self.text(frame.group.as_str(), self.strong(size), room, at, Align2::LEFT_CENTER, text);
                continue;
            }
            self.heading(&frame.group, size, room, at, faded);
            for (i, tone) in self.tones(members).into_iter().take(MOST).enumerate() {
                let at = rect.min + vec2(19.0 + 12.0 * i as f32, 42.0) * z;
                mark(self.painter, at, 4.5 * z, tone, self.fade(self.theme.tint(tone).mark, faded), ground);
            }
        }
    }

    /// How the members stand, what burns first.
    fn tones(&self, members: &[usize]) -> Vec<Tone> {
        let order = [Tone::Failed, Tone::Review, Tone::Running, Tone::Ready, Tone::Waiting, Tone::Done];
        let mut tones: Vec<Tone> = members.iter().map(|n| self.scene.nodes[*n].tone).collect();
        tones.sort_by_key(|tone| order.iter().position(|o| o == tone));
        tones
    }
}
