//! A run over time, the latest or a past one: a bar for each step's latest attempt and for each gate it came to, and a
//! slider that plays it back.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{
    Align2, Color32, FontId, Rect, RichText, ScrollArea, Sense, Stroke, Ui, WidgetInfo, WidgetType, pos2,
    vec2,
};
use threados_core::id::RunId;

use super::widget::{mono, named_choice, no_run_yet, slider};
use crate::glance::{Bar, Bars};
use crate::past::Played;
use crate::scene::{Form, Node, Scene, Tone};
use crate::state::State;
use crate::theme::{Theme, family_mono};
use crate::window::Do;
use crate::words;

/// Height of a row, and of the scale above, in points.
const ROW: f32 = 22.0;
const SCALE: f32 = 20.0;

/// How strong the bar of a gate is that is decided.
const PAST: f32 = 0.55;

/// How far the bar of a gate that waits goes on behind the end of the run, in points.
const BEYOND: f32 = 16.0;

/// Width of the names, where there is so much room in all.
fn names(room: f32) -> f32 {
    (room * 0.35).min(170.0)
}

/// How far marks on the scale may be apart, in seconds.
const STEPS: &[i64] = &[1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400, 604_800];

/// The timeline. The latest run comes with the scene; a past one is worked out once.
#[derive(Debug, Default)]
pub struct Timeline {
    past: Option<(Arc<Scene>, Arc<Bars>)>,
}

impl Timeline {
    /// Shows the latest run, or the one that is played back.
    pub fn show(&mut self, ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
        let played = state.played.as_ref();
        let Some(scene) = played.map(|p| &p.end).or(state.scene.as_ref()) else { return };
        let bars = match played {
            Some(played) => self.past(played),
            None => Arc::clone(&scene.bars),
        };
        let Some(run) = bars.run.as_ref().filter(|_| !bars.bars.is_empty()) else {
            let what =
                "Nothing has run yet. Here each step of a run becomes a bar: when it ran, and for how long.";
            return no_run_yet(ui, what, state, wanted);
        };
        head(ui, state, run, bars.live, wanted);
        let now = played.map_or_else(|| (state.now)(), |p| p.past.to);
        rows(ui, scene, &bars, (now, played.map(Played::time)), state, wanted);
        if bars.live && played.is_none() {
            ui.ctx().request_repaint_after(Duration::from_secs(1));
        }
    }

    fn past(&mut self, played: &Played) -> Arc<Bars> {
        match &self.past {
            Some((of, bars)) if Arc::ptr_eq(of, &played.end) => Arc::clone(bars),
            _ => {
                let end = &played.end;
                let bars = Arc::new(Bars::of(&end.nodes, &end.snapshot, &played.past.run));
                self.past = Some((Arc::clone(end), Arc::clone(&bars)));
                bars
            }
        }
    }
}

/// The bars below their scale; `at` is the time that is played back.
fn rows(
    ui: &mut Ui,
    scene: &Scene,
    bars: &Bars,
    (now, at): (DateTime<Utc>, Option<DateTime<Utc>>),
    state: &State,
    wanted: &mut Vec<Do>,
) {
    let theme = Theme::of(ui.ctx());
    let room = ui.available_rect_before_wrap();
    let axis = Axis::of(bars, room, now, state);
    let font = FontId::new(10.5, family_mono());
    for mark in axis.marks() {
        let x = axis.x(mark);
        ui.painter().vline(x, room.y_range(), Stroke::new(1.0, theme.line));
        let at = pos2(x + 5.0, room.top() + SCALE / 2.0 - 2.0);
        ui.painter().text(
            at,
            Align2::LEFT_CENTER,
            mark.with_timezone(&axis.zone).format("%H:%M:%S"),
            font.clone(),
            theme.faint,
        );
    }
    if let Some(at) = at {
        // Below the scale: its figures are to be read.
        let below = egui::Rangef::new(room.top() + SCALE - 4.0, room.bottom());
        ui.painter().vline(axis.x(at), below, Stroke::new(1.5, theme.ink));
    }
    // What is scrolled must not come up under the scale.
    ui.add_space(SCALE - 4.0);
    ui.spacing_mut().item_spacing.y = 0.0;
    // What runs or waits now began last: it is what one wants to see.
    let live = at.is_none() && bars.bars.iter().any(|b| b.to.is_none());
    // Whole rows: of one that is cut in the middle only the feet of its letters would be seen.
    let whole = (ui.available_height() / ROW).floor().max(1.0) * ROW;
    let area = ScrollArea::vertical().auto_shrink(false).max_height(whole).stick_to_bottom(live);
    area.show_rows(ui, ROW, bars.bars.len(), |ui, shown| {
        for bar in &bars.bars[shown] {
            let node = &scene.nodes[bar.node];
            let span = match node.form {
                Form::Gate => Span::of_gate(bar, theme),
                _ => Span::of_step(node, bar, now, theme),
            };
            let chosen = state.selected.as_ref() == Some(&node.id);
            row(ui, node, chosen, &span, &axis, wanted);
        }
    });
}

/// What a row shows.
struct Span {
    from: DateTime<Utc>,
    /// `None` goes on to the end of the run and beyond.
    to: Option<DateTime<Utc>>,
    color: Color32,
    /// Behind the bar, and in which colour.
    says: (String, Color32),
    /// To those who hear it, behind the name.
    told: String,
}

impl Span {
    fn of_step(node: &Node, bar: &Bar, now: DateTime<Utc>, theme: &Theme) -> Self {
        let to = bar.to.unwrap_or(now).max(bar.from);
        let (took, tint) = (words::span(to - bar.from), theme.tint(node.tone));
        let told = format!("took {took}");
        let says = match node.tone {
            Tone::Failed => (node.says.trim_start_matches("failed \u{b7} ").to_owned(), tint.text),
            _ => (took, theme.faint),
        };
        Self { from: bar.from, to: Some(to), color: tint.mark, says, told }
    }

    /// The time in which nothing but a person could go on. One that still waits is louder.
    fn of_gate(bar: &Bar, theme: &Theme) -> Self {
        let (from, tint) = (bar.from, theme.tint(Tone::Review));
        let (color, told, says) = match bar.to {
            Some(to) => {
                let waited = format!("waited {} for you", words::span(to - from));
                (theme.panel.lerp_to_gamma(tint.mark, PAST), waited, theme.faint)
            }
            None => (tint.mark, "waits for you".to_owned(), tint.text),
        };
        Self { from, to: bar.to, color, says: (told.clone(), says), told }
    }
}

/// Which run is shown, and which part of it.
fn head(ui: &mut Ui, state: &State, run: &RunId, live: bool, wanted: &mut Vec<Do>) {
    let faint = Theme::of(ui.ctx()).faint;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().button_padding = vec2(10.0, 2.0);
        ui.spacing_mut().interact_size.y = 24.0;
        let Some(played) = &state.played else {
            let word = if live { " \u{b7} live" } else { "" };
            ui.label(mono(format!("run {run}{word}")).color(faint));
            if ui.button(RichText::new("Play back").size(12.0)).clicked() {
                wanted.push(Do::Past(run.clone()));
            }
            return;
        };
        let mut chosen = played.past.run.clone();
        let combo = egui::ComboBox::from_id_salt("past runs").selected_text(mono(chosen.as_str()));
        let combo = combo.width(190.0).show_ui(ui, |ui| {
            for run in &played.past.runs {
                ui.selectable_value(&mut chosen, run.clone(), mono(run.as_str()));
            }
        });
        named_choice(&combo.response, "The run that is played back", chosen.as_str());
        if chosen != played.past.run {
            wanted.push(Do::Past(chosen));
        }
        let mut part = played.part;
        ui.spacing_mut().slider_width = (ui.available_width() - 220.0).clamp(120.0, 520.0);
        let at = part;
        let rail = egui::Slider::new(&mut part, 0.0..=1.0).show_value(false);
        let slider = slider(ui, rail, "Time of the run", at);
        if slider.changed() {
            wanted.push(Do::Play(Some(part)));
        }
        ui.label(mono(state.local(played.time()).format("%H:%M:%S").to_string()).color(faint));
        if ui.button(RichText::new("Live").size(12.0)).clicked() {
            wanted.push(Do::Play(None));
        }
    });
}

/// From time to place.
struct Axis {
    from: DateTime<Utc>,
    span: f32,
    range: Range<f32>,
    /// Of the clock on the wall when it began.
    zone: FixedOffset,
}

impl Axis {
    fn of(bars: &Bars, room: Rect, now: DateTime<Utc>, state: &State) -> Self {
        // They are in the order of their beginnings.
        let from = bars.bars.first().map_or(now, |b| b.from);
        let to = bars.ended.into_iter().chain(bars.live.then_some(now)).max().unwrap_or(now);
        let end = to.max(from + TimeDelta::seconds(1));
        // Room at the right for the words behind the last bar.
        let left = room.left() + names(room.width());
        let range = left..(room.right() - (room.width() * 0.3).min(150.0)).max(left + 60.0);
        let zone = (state.zone)(from);
        Self { from, span: (end - from).num_milliseconds() as f32, range, zone }
    }

    fn x(&self, at: DateTime<Utc>) -> f32 {
        let part = (at - self.from).num_milliseconds() as f32 / self.span;
        self.range.start + part * (self.range.end - self.range.start)
    }

    /// The times that are marked: round ones, not closer than can be read.
    fn marks(&self) -> impl Iterator<Item = DateTime<Utc>> {
        let most = ((self.range.end - self.range.start) / 90.0).max(1.0);
        let least = self.span / 1000.0 / most;
        let rest = || (least as i64 / 604_800 + 1) * 604_800;
        let step = STEPS.iter().copied().find(|s| *s as f32 >= least).unwrap_or_else(rest);
        let ahead = i64::from(self.zone.local_minus_utc());
        let from = self.from.timestamp() + ahead;
        let first = (from + step - 1).div_euclid(step) * step;
        let last = from + (self.span / 1000.0) as i64;
        (first..=last)
            .step_by(usize::try_from(step).unwrap_or(1))
            .filter_map(move |s| DateTime::from_timestamp(s - ahead, 0))
            .filter(|mark| *mark >= self.from)
    }
}

fn row(ui: &mut Ui, node: &Node, chosen: bool, span: &Span, axis: &Axis, wanted: &mut Vec<Do>) {
    let theme = Theme::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let label = format!("{} {}", node.name, span.told);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &label));
    let lit = chosen || response.hovered();
    let (color, ground) = if lit { (theme.text, theme.raised) } else { (theme.dim, theme.panel) };
    if lit {
        ui.painter().rect_filled(rect.expand2(vec2(6.0, 0.0)), 4.0, ground);
    }
    let format = TextFormat::simple(FontId::proportional(12.0), color);
    let mut name = LayoutJob::single_section(node.name.clone(), format);
    name.wrap = TextWrapping::truncate_at_width((names(rect.width()) - 10.0).max(20.0));
    let name = ui.painter().layout_job(name);
    let at = pos2(rect.left(), rect.center().y - name.size().y / 2.0);
    ui.painter().galley(at, name, color);
    let from = axis.x(span.from);
    let to = span.to.map_or(axis.range.end + BEYOND, |to| axis.x(to)).max(from + 2.0);
    let shape = Rect::from_x_y_ranges(from..=to, rect.center().y - 6.0..=rect.center().y + 6.0);
    ui.painter().rect_filled(shape, 3.0, span.color);
    let at = pos2(shape.right() + 6.0, rect.center().y);
    let (text, color) = (span.says.0.clone(), span.says.1);
    let text = ui.painter().layout_no_wrap(text, FontId::new(10.5, family_mono()), color);
    let place = Align2::LEFT_CENTER.anchor_size(at, text.size());
    // The lines of the scale must not strike it through.
    ui.painter().rect_filled(place.expand2(vec2(3.0, 0.0)), 0.0, ground);
    ui.painter().galley(place.min, text, color);
    if response.clicked() {
        wanted.push(Do::Go(node.id.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_and_not_too_close() {
        let from = DateTime::from_timestamp(1_000_007, 0).unwrap_or_default();
        for (seconds, apart) in [(3, 1), (100, 30), (5000, 600), (1_700_000_000, 604_800)] {
            for ahead in [0, 20_700, -12_600] {
                let zone = FixedOffset::east_opt(ahead).unwrap();
                let axis = Axis { from, span: seconds as f32 * 1000.0, range: 0.0..700.0, zone };
                let marks: Vec<i64> = axis.marks().map(|m| m.timestamp() + i64::from(ahead)).collect();
                assert!(marks.len() <= 8 && !marks.is_empty(), "{seconds} s: {marks:?}");
                assert!(marks.iter().all(|m| m % apart == 0), "{seconds} s: {marks:?}");
            }
        }
    }
}
