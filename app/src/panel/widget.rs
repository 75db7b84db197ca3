//! Small pieces that several panels use.

use egui::{
    Align2, Button, Color32, FontId, KeyboardShortcut, Response, RichText, Sense, Stroke, Ui, UiBuilder,
    WidgetInfo, WidgetType, vec2,
};

use crate::canvas::marks;
use crate::command::Cmd;
use crate::link::Wish;
use crate::scene::Tone;
use crate::state::State;
use crate::theme::{Theme, family_mono, family_strong};
use crate::window::Do;

/// The most important button of a place: ink.
pub fn primary(ui: &mut Ui, label: &str, enabled: bool) -> Response {
    let theme = Theme::of(ui.ctx());
    let text = RichText::new(label).color(theme.on_ink).family(family_strong()).size(12.5);
    ui.add_enabled(enabled, Button::new(text).fill(theme.ink).stroke(Stroke::NONE))
}

/// A button for a command of the table: its tooltip has the key and the line to type. Disabled while it cannot be
/// done.
pub fn command(ui: &mut Ui, cmd: Cmd, strong: bool, state: &State, wanted: &mut Vec<Do>) -> Response {
    labelled(ui, cmd, cmd.entry().label, strong, state, wanted)
}

/// The same under a shorter label.
pub fn labelled(
    ui: &mut Ui,
    cmd: Cmd,
    label: &str,
    strong: bool,
    state: &State,
    wanted: &mut Vec<Do>,
) -> Response {
    let enabled = cmd.is_available(state);
    let button =
        if strong { primary(ui, label, enabled) } else { ui.add_enabled(enabled, Button::new(label)) };
    let button = hint(button, |ui| tooltip(ui, cmd, state)).on_disabled_hover_text(cmd.entry().tooltip);
    if button.clicked() {
        wanted.push(Do::Cmd(cmd));
    }
    button
}

/// A button for a wish; the tooltip has the line to type.
pub fn wish(ui: &mut Ui, label: &str, strong: bool, wish: Wish, wanted: &mut Vec<Do>) {
    let button = if strong { primary(ui, label, true) } else { ui.button(label) };
    if hint(button, |_| wish.in_short()).clicked() {
        wanted.push(Do::Wish(wish));
    }
}

/// The same, where something has to be given first; otherwise it says what.
pub fn wish_if(ui: &mut Ui, label: &str, enabled: bool, why_not: &str, wish: Wish, wanted: &mut Vec<Do>) {
    let button = ui.add_enabled(enabled, Button::new(label)).on_disabled_hover_text(why_not);
    if hint(button, |_| wish.line()).clicked() {
        wanted.push(Do::Wish(wish));
    }
}

/// A tooltip that is put into words only where it is shown.
pub fn hint(response: Response, words: impl FnOnce(&Ui) -> String) -> Response {
    if !response.contains_pointer() {
        return response;
    }
    response.on_hover_ui(|ui| {
        // As for a fixed text: else one that changes would make the tooltip narrower and narrower.
        ui.set_max_width(ui.spacing().tooltip_width);
        let words = words(ui);
        ui.label(words);
    })
}

/// What a command does, its key, and its line.
pub fn tooltip(ui: &Ui, cmd: Cmd, state: &State) -> String {
    let entry = cmd.entry();
    let key = entry.key.map(|k| format!("  ({})", key(ui.ctx(), &k))).unwrap_or_default();
    let line = cmd.wish(state).map(|w| format!("\n{}", w.in_short())).unwrap_or_default();
    format!("{}{key}{line}", entry.tooltip)
}

/// A key as it stands on a keyboard: `Ctrl+,`, not `Ctrl+Comma`.
pub fn key(ctx: &egui::Context, key: &KeyboardShortcut) -> String {
    let signs = [("Comma", ","), ("Period", "."), ("Slash", "/"), ("Plus", "+"), ("Minus", "-")];
    let text = ctx.format_shortcut(key);
    let sign = signs.iter().find_map(|(name, sign)| Some(format!("{}{sign}", text.strip_suffix(name)?)));
    sign.unwrap_or(text)
}

/// A button without words; its name is for those who do not see it, and its tooltip.
pub fn icon(
    ui: &mut Ui,
    cmd: Cmd,
    state: &State,
    wanted: &mut Vec<Do>,
    paint: fn(&egui::Painter, egui::Rect, Stroke),
) -> Response {
    let theme = Theme::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(30.0, 30.0), Sense::click());
    let label = cmd.entry().label;
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, label));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 6.0, theme.raised);
    }
    let color = if response.hovered() { theme.text } else { theme.dim };
    paint(ui.painter(), rect.shrink(8.0), Stroke::new(1.4, color));
    let response = hint(response, |ui| format!("{label}: {}", tooltip(ui, cmd, state)));
    if response.clicked() {
        wanted.push(Do::Cmd(cmd));
    }
    response
}

/// Gives a field that has no label beside it its name.
pub fn named_field(field: &Response, name: &str, text: &str) {
    let enabled = field.enabled();
    field.widget_info(|| {
        let info = WidgetInfo::text_edit(enabled, "", text, name);
        WidgetInfo { label: Some(name.to_owned()), ..info }
    });
}

/// A word that leads somewhere. That its letters can be marked makes a mere label of it to those who hear it, so it is
/// said once more what it is.
pub fn link(ui: &mut Ui, words: RichText) -> Response {
    let name = words.text().to_owned();
    let response = ui.link(words);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Link, true, name.as_str()));
    response
}

/// Gives a choice that has no label beside it its name.
pub fn named_choice(choice: &Response, name: &str, chosen: &str) {
    choice.widget_info(|| {
        let info = WidgetInfo::labeled(WidgetType::ComboBox, choice.enabled(), name);
        WidgetInfo { current_text_value: Some(chosen.to_owned()), ..info }
    });
}

/// A word where there is nothing to show.
pub fn quiet(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).color(Theme::of(ui.ctx()).faint));
    ui.take_available_space();
}

/// What stands where runs will be: what that is, the button that starts the first, and the line that does the same.
pub fn no_run_yet(ui: &mut Ui, what: &str, state: &State, wanted: &mut Vec<Do>) {
    ui.label(RichText::new(what).color(Theme::of(ui.ctx()).dim));
    let line = Cmd::RunAll.wish(state).filter(|_| Cmd::RunAll.is_available(state)).map(|wish| wish.line());
    if let Some(line) = line {
        ui.add_space(4.0);
        ui.horizontal_wrapped(|ui| {
            labelled(ui, Cmd::RunAll, "Start the first run", false, state, wanted);
            super::inspector::copyable(ui, &line);
        });
    }
    ui.take_available_space();
}

/// Rows of this height, of which only those that are seen are made; for a list with other things above it.
pub fn rows(ui: &mut Ui, height: f32, count: usize, mut row: impl FnMut(&mut Ui, usize)) {
    let each = height + ui.spacing().item_spacing.y;
    let (top, seen) = (ui.cursor().top(), ui.clip_rect());
    let part = |y: f32| ((y - top) / each).clamp(0.0, count as f32);
    let (first, last) = (part(seen.top()).floor(), part(seen.bottom()).ceil());
    let space = |ui: &mut Ui, rows: f32| {
        let high = rows * each - ui.spacing().item_spacing.y;
        ui.allocate_exact_size(vec2(0.0, high), Sense::hover());
    };
    if first > 0.0 {
        space(ui, first);
    }
    (0..count).skip(first as usize).take((last - first) as usize).for_each(|n| row(ui, n));
    if last < count as f32 {
        space(ui, count as f32 - last);
    }
}

/// How high the rows of a grid are: now, and as they were when it was laid out last.
#[derive(Debug, Clone, Default)]
struct Rows {
    now: Vec<f32>,
    before: Vec<f32>,
}

/// Notes how high a cell of a grid is.
pub fn row_height(ui: &Ui, grid: &'static str, height: f32) {
    ui.data_mut(|d| d.get_temp_mut_or_default::<Rows>(egui::Id::new(grid)).now.push(height));
}

/// After a grid: where a row has come, gone or grown, it is laid out once more at once. A grid gives each row the room
/// that it had the last time, so for a frame one would lie over the next.
pub fn settle(ui: &Ui, grid: &'static str) {
    let changed = ui.data_mut(|d| {
        let rows = d.get_temp_mut_or_default::<Rows>(egui::Id::new(grid));
        let changed = rows.now != rows.before;
        rows.before = std::mem::take(&mut rows.now);
        changed
    });
    if changed {
        ui.ctx().request_discard("the rows of a grid are higher or lower");
    }
}

/// Yes or no, under a name that stands elsewhere; whether it was changed.
pub fn switch(ui: &mut Ui, name: &str, hint: &str, on: &mut bool) -> bool {
    let hint = RichText::new(hint).size(12.0).color(Theme::of(ui.ctx()).dim);
    let response = ui.scope(|ui| {
        // A box of this size with the corners of a button would be a circle.
        let widgets = &mut ui.visuals_mut().widgets;
        for state in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
            state.corner_radius = egui::CornerRadius::same(3);
        }
        ui.add(egui::Checkbox::new(on, hint))
    });
    let response = response.inner;
    let now = *on;
    response.widget_info(|| WidgetInfo::selected(WidgetType::Checkbox, true, now, name));
    response.changed()
}

/// A slider whose rail is seen on a panel; its name stands elsewhere.
pub fn slider(ui: &mut Ui, slider: egui::Slider<'_>, name: &str, value: f32) -> Response {
    let response = ui.scope(|ui| {
        ui.visuals_mut().widgets.inactive.bg_fill = Theme::of(ui.ctx()).faint;
        ui.add(slider)
    });
    let response = response.inner;
    response.widget_info(|| WidgetInfo::slider(true, f64::from(value), name));
    response
}

/// A mark with a word in a pill.
pub fn status_chip(ui: &mut Ui, tone: Tone, word: &str) {
    let theme = Theme::of(ui.ctx());
    let tint = theme.tint(tone);
    pill(ui, |ui| {
        marks::inline(ui, tone, tint.mark, theme.raised);
        ui.label(RichText::new(word).size(11.0).family(family_strong()).color(tint.text));
    });
}

/// A word in a pill.
pub fn chip(ui: &mut Ui, word: &str) {
    let dim = Theme::of(ui.ctx()).dim;
    pill(ui, |ui| {
        ui.label(RichText::new(word).size(11.0).color(dim));
    });
}

fn pill(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    let theme = Theme::of(ui.ctx());
    let frame = egui::Frame::new()
        .fill(theme.raised)
        .stroke(Stroke::new(1.0, theme.line))
        .corner_radius(10)
        .inner_margin(egui::Margin::symmetric(9, 2));
    frame.show(ui, |ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        ui.spacing_mut().interact_size.y = 14.0;
        ui.horizontal(add);
    });
}

/// A small heading over a part of a panel.
pub fn section(ui: &mut Ui, title: &str) {
    let theme = Theme::of(ui.ctx());
    ui.label(RichText::new(title).size(11.0).family(family_strong()).color(theme.faint));
}

/// A tab; whether it was clicked.
pub fn tab(ui: &mut Ui, label: &str, chosen: bool) -> bool {
    held_tab(ui, label, chosen, Sense::click()).clicked()
}

/// A tab that a hand may do more with.
pub fn held_tab(ui: &mut Ui, label: &str, chosen: bool, sense: Sense) -> Response {
    let theme = Theme::of(ui.ctx());
    let text = |family| {
        ui.painter().layout_no_wrap(label.to_owned(), FontId::new(13.0, family), Color32::PLACEHOLDER)
    };
    // As wide as it is when it is chosen: the others stay where they are.
    let strong = text(family_strong());
    let room = vec2(strong.size().x, 34.0);
    let galley = if chosen { strong } else { text(egui::FontFamily::Proportional) };
    let (rect, response) = ui.allocate_exact_size(room, sense);
    response.widget_info(|| WidgetInfo::selected(WidgetType::SelectableLabel, true, chosen, label));
    let color = if chosen || response.hovered() || response.has_focus() { theme.text } else { theme.dim };
    let at = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size()).min;
    ui.painter().galley(at, galley, color);
    if chosen {
        let line = Stroke::new(2.0, theme.ink);
        ui.painter().hline(rect.x_range(), rect.bottom() - 1.0, line);
    }
    response
}

/// A place whose widgets stay the same ones to focus and clicks while what stands before it comes and goes.
pub fn steady<R>(ui: &mut Ui, name: impl egui::AsId, add: impl FnOnce(&mut Ui) -> R) -> R {
    ui.scope_builder(UiBuilder::new().id(egui::Id::new("steady").with(name)), add).inner
}

/// A dialogue in the middle of the window.
pub fn modal(ctx: &egui::Context, name: &str) -> egui::Modal {
    let frame = egui::Frame::popup(&ctx.global_style()).inner_margin(20).corner_radius(10);
    egui::Modal::new(egui::Id::new(name)).frame(frame)
}

/// Text in the monospaced face.
pub fn mono(text: impl Into<String>) -> RichText {
    RichText::new(text).font(FontId::new(11.5, family_mono()))
}
