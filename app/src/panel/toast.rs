//! What happens out of sight, told in passing.

use std::time::Duration;

use egui::{Align2, Area, Frame, Id, Margin, Order, Rect, RichText, Sense, Stroke, Ui};

use super::mend;
use crate::canvas::marks;
use crate::scene::Tone;
use crate::state::Toast;
use crate::theme::Theme;
use crate::window::Do;

/// How long good news and bad news stay, in seconds.
const GOOD: f64 = 4.0;
const BAD: f64 = 15.0;
/// How long one stays at least after the pointer has left it.
const READ: f64 = 2.0;

/// Shows them in the lower right corner, the newest below. A click takes one away.
pub fn show(ui: &Ui, rect: Rect, toasts: &mut Vec<Toast>, wanted: &mut Vec<Do>) {
    let now = ui.input(|i| i.time);
    for toast in toasts.iter_mut() {
        toast.until.get_or_insert(now + if toast.bad { BAD } else { GOOD });
    }
    toasts.retain(|t| t.until.is_none_or(|until| until > now));
    if let Some(next) = toasts.iter().filter_map(|t| t.until).min_by(f64::total_cmp) {
        ui.ctx().request_repaint_after(Duration::from_secs_f64((next - now).max(0.05)));
    }
    let mut y = rect.bottom() - 12.0;
    let mut gone = None;
    for (i, toast) in toasts.iter_mut().enumerate().rev() {
        let area = Area::new(Id::new(("toast", toast.n)))
            .order(Order::Foreground)
            .sense(Sense::click())
            .fixed_pos(egui::pos2(rect.right() - 12.0, y))
            .pivot(Align2::RIGHT_BOTTOM);
        let shown = area.show(ui.ctx(), |ui| one(ui, toast));
        y -= shown.response.rect.height() + 8.0;
        // One that is read stays.
        if shown.response.contains_pointer() {
            toast.until = toast.until.map(|until| until.max(now + READ));
        }
        if shown.inner.is_some() || shown.response.clicked() {
            gone = Some(i);
        }
        wanted.extend(shown.inner);
    }
    gone.into_iter().for_each(|i| drop(toasts.remove(i)));
}

/// Shows one; what a person wants done about it.
fn one(ui: &mut Ui, toast: &Toast) -> Option<Do> {
    let theme = Theme::of(ui.ctx());
    let tone = if toast.bad { Tone::Failed } else { Tone::Done };
    let line = if toast.bad { theme.tint(tone).mark } else { theme.strong };
    let frame = Frame::new().fill(theme.panel).stroke(Stroke::new(1.0, line)).corner_radius(8);
    let shown = frame.inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
        ui.set_max_width(420.0);
        let row = ui.horizontal_top(|ui| {
            marks::inline(ui, tone, theme.tint(tone).mark, theme.panel);
            let inner = ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 3.0;
                ui.label(RichText::new(&toast.text).size(12.5));
                if let Some(hint) = &toast.hint {
                    ui.label(RichText::new(hint).size(12.0).color(theme.dim));
                }
                ways(ui, toast)
            });
            inner.inner
        });
        row.inner
    });
    shown.inner
}

/// What can be done about it, with a click.
fn ways(ui: &mut Ui, toast: &Toast) -> Option<Do> {
    let mend = toast.hint.as_deref().and_then(mend);
    if toast.about.is_none() && mend.is_none() {
        return None;
    }
    let row = ui.horizontal_wrapped(|ui| {
        let mut wanted = None;
        if let Some(id) = &toast.about {
            let button = ui.button(RichText::new("Show").size(12.0));
            let name = format!("Show {id}");
            button.widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::Button, true, name.as_str()));
            wanted = button.clicked().then(|| Do::Go(id.clone()));
        }
        if let Some((line, wish)) = mend {
            let button = ui.button(RichText::new(line.trim_start_matches("seqctl ")).size(12.0));
            if button.on_hover_text(format!("Do this, and try again\n{line}")).clicked() {
                wanted = Some(Do::Wish(wish));
            }
        }
        wanted
    });
    row.inner
}
