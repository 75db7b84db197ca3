//! Text on the canvas, in few sizes and cut to fit.

use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{Align2, Color32, FontId, Galley, Pos2};

use super::Paint;
use crate::theme::{family_mono, family_strong};

/// What a list of those begins with for whom something waits.
const WAITS: &str = "waits for ";

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

    /// A list that is too long for its room: as many as fit and how many more there are, or only how many. Of one that
    /// fits, nothing.
    pub(super) fn counted(&self, line: &str, font: &FontId, room: f32) -> Option<String> {
        let fits = |line: &str| self.galley(line, font.clone(), f32::INFINITY).size().x <= room;
        let all: Vec<&str> = line.strip_prefix(WAITS)?.split(", ").collect();
        if all.len() < 2 || fits(line) {
            return None;
        }
        let shorter = |shown: usize| format!("{WAITS}{} +{}", all[..shown].join(", "), all.len() - shown);
        let shown = (1..all.len()).rev().map(shorter).find(|line| fits(line));
        Some(shown.unwrap_or_else(|| format!("{WAITS}{}", all.len())))
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
