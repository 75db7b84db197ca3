//! Text on the canvas, in few sizes and cut to fit.

use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{Align2, Color32, FontId, Galley, Pos2};

use super::Paint;
use crate::theme::{family_mono, family_strong};

/// What a list of those begins with for whom something waits.
const WAITS: &str = "waits for ";

/// What stands before the one gate that holds something.
const BLOCKED: &str = "blocked by gate ";

/// What stands behind the name of what failed: that it did has to be read, whatever is left of the name.
const FAILED: &str = " failed";

/// So many letters of the first of them are left at least.
const LEAST: usize = 3;

impl Paint<'_> {
    pub(super) fn body(&self, size: f32) -> FontId {
        FontId::proportional(quantised(size))
    }

    pub(super) fn strong(&self, size: f32) -> FontId {
        FontId::new(quantised(size), family_strong())
    }

    pub(super) fn mono(&self, size: f32) -> FontId {
        FontId::new(quantised(size), family_mono())
    }

    /// One line, cut to fit; how wide it is.
    pub(super) fn text(
        &self,
        text: &str,
        font: FontId,
        room: f32,
        at: Pos2,
        align: Align2,
        color: Color32,
    ) -> f32 {
        if text.is_empty() || room < 4.0 {
            return 0.0;
        }
        let galley = self.galley(text, font, room);
        let rect = align.anchor_size(at, galley.size());
        let width = galley.size().x;
        self.painter.galley(rect.min, galley, color);
        width
    }

    /// A list that is too long for its room: as many as fit, the first cut if need be, and how many more there are, or
    /// only how many; what failed comes before all that is only waited for. Of one that fits, nothing.
    pub(super) fn counted(&self, line: &str, font: &FontId, room: f32) -> Option<String> {
        let width = |line: &str| self.width(line, font);
        // A point more: what fits is not to be cut for a rounding.
        let fits = |line: &String| width(line) <= room + 1.0;
        // The gate is what has to be read of this.
        if let Some(gate) = line.strip_prefix(BLOCKED).filter(|_| !fits(&line.to_owned())) {
            return Some(format!("{WAITS}{gate}"));
        }
        if let Some((name, _)) = line.split_once(FAILED).filter(|_| !fits(&line.to_owned())) {
            let letters = name.chars().count();
            let cut = |kept| format!("{}\u{2026}{FAILED}", name.chars().take(kept).collect::<String>());
            let whole = Some(format!("{name}{FAILED}")).filter(fits);
            return whole.or_else(|| (LEAST..letters).rev().map(cut).find(fits));
        }
        let all: Vec<&str> = line.strip_prefix(WAITS)?.split(", ").collect();
        if all.len() < 2 || width(line) <= room + 1.0 {
            return None;
        }
        let shorter = |shown: usize| format!("{WAITS}{} +{}", all[..shown].join(", "), all.len() - shown);
        let whole = (1..all.len()).rev().map(shorter).find(fits);
        whole.or_else(|| {
            let (line, first) = (shorter(1), all[0].chars().count());
            let over = (width(&line) - room) / width(&line) * line.chars().count() as f32;
            let kept = first.saturating_sub(over.ceil() as usize + 1).max(LEAST);
            let cut = |kept| {
                let cut: String = all[0].chars().take(kept).collect();
                format!("{WAITS}{cut}\u{2026} +{}", all.len() - 1)
            };
            let cut = (LEAST..=kept).rev().map(cut).find(fits);
            cut.or_else(|| Some(format!("{WAITS}{}", all.len())))
        })
    }

    /// How wide one line is.
    pub(super) fn width(&self, line: &str, font: &FontId) -> f32 {
        self.galley(line, font.clone(), f32::INFINITY).size().x
    }

    pub(super) fn galley(&self, text: &str, font: FontId, room: f32) -> Arc<Galley> {
        let mut job = LayoutJob::simple_singleline(text.to_owned(), font, Color32::PLACEHOLDER);
        job.wrap = TextWrapping::truncate_at_width(room);
        self.painter.layout_job(job)
    }
}

/// Few sizes, so that few letters have to be drawn while zooming.
fn quantised(size: f32) -> f32 {
    (size * 2.0).round() / 2.0
}
