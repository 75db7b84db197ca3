//! The bar above: what project it is, run and stop, the mode, search, and the view.

use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{
    Align, Area, Button, Frame, Id, Key, Layout, Margin, Modifiers, Order, Painter, Rect, RichText, Stroke,
    TextEdit, Ui, WidgetInfo, WidgetType, vec2,
};
use threados_core::model::Mode;

use super::new_menu;
use super::view;
use super::widget::{hint, icon, labelled, named_field, primary, tooltip};
use crate::command::Cmd;
use crate::dock::Side;
use crate::scene::Tone;
use crate::state::State;
use crate::theme::{Theme, family_strong};
use crate::window::Do;

/// What the buttons at the right take at most, where it is tight and where it is not.
const RIGHT: (f32, f32) = (330.0, 396.0);

/// As narrow as a search field is still of use; with less, its button opens it below the bar.
const NARROW: f32 = 64.0;

/// With less than that everything is a little shorter.
const TIGHT: f32 = 1060.0;

/// What everything but the name of the project takes, where it is tight and where it is not.
const BESIDE: (f32, f32) = (776.0, 956.0);

/// The toolbar.
#[derive(Debug, Default)]
pub struct Toolbar {
    wants_focus: bool,
    /// Whether a search field that found no room is shown below.
    open: bool,
}

impl Toolbar {
    /// Puts the cursor into the search field.
    pub fn focus_search(&mut self) {
        self.wants_focus = true;
    }

    /// Shows it, with how close one looks. An edge with nothing at it has no button.
    pub fn show(&mut self, ui: &mut Ui, state: &State, (zoom, has_left): (f32, bool), wanted: &mut Vec<Do>) {
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let tight = ui.available_width() < TIGHT;
            let gap = if tight { 4.0 } else { ui.spacing().item_spacing.x };
            ui.spacing_mut().item_spacing.x = gap;
            project(ui, state, tight);
            ui.add_space(if tight { 4.0 } else { 12.0 });
            run_button(ui, tight, state, wanted);
            labelled(ui, Cmd::RunAll, "Run all", false, state, wanted);
            labelled(ui, Cmd::StopAll, "Stop all", false, state, wanted);
            let new = ui.menu_button("New", |ui| new_menu(ui, state, wanted)).response;
            new.on_hover_text("Make a step, a gate, a group, a fusion, or a thread from its template");
            icon(ui, Cmd::Undo, state, wanted, paint_undo);
            icon(ui, Cmd::Redo, state, wanted, paint_redo);
            ui.add_space(gap);
            mode(ui, state, wanted);
            ui.add_space(gap);
            self.search(ui, tight, state, wanted);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 2.0;
                icon(ui, Cmd::Help, state, wanted, paint_help);
                icon(ui, Cmd::Theme, state, wanted, paint_theme);
                icon(ui, Cmd::Side(Side::Right), state, wanted, paint_right);
                icon(ui, Cmd::Side(Side::Below), state, wanted, paint_bottom);
                if has_left {
                    icon(ui, Cmd::Side(Side::Left), state, wanted, paint_left);
                }
                // Where it is tight these two stand in the menu only.
                if !tight {
                    view::map(ui, state, wanted);
                    icon(ui, Cmd::Fit, state, wanted, view::paint_fit);
                }
                view::zoom(ui, zoom, state, wanted);
                ui.add_space(if tight { 4.0 } else { 10.0 });
                needs_you(ui, state, wanted);
            });
        });
    }

    fn search(&mut self, ui: &mut Ui, tight: bool, state: &State, wanted: &mut Vec<Do>) {
        // What stands at the right comes first.
        let room = ui.available_width() - if tight { RIGHT.0 } else { RIGHT.1 };
        if room < NARROW {
            return self.search_below(ui, state, wanted);
        }
        self.open = false;
        self.field(ui, room.clamp(NARROW, 320.0), state, wanted);
    }

    /// A button that opens the field below the bar, until something else is turned to.
    fn search_below(&mut self, ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
        let button = icon(ui, Cmd::Search, state, wanted, paint_search);
        if !state.search.query.trim().is_empty() {
            let ink = Theme::of(ui.ctx()).ink;
            ui.painter().circle_filled(button.rect.right_top() + vec2(-5.0, 5.0), 3.0, ink);
        }
        self.open |= self.wants_focus;
        if !self.open {
            return;
        }
        let place = button.rect.left_bottom() + vec2(0.0, 8.0);
        let area = Area::new(Id::new("search below")).order(Order::Foreground).fixed_pos(place);
        let has_focus = area.show(ui.ctx(), |ui| {
            let frame = Frame::popup(ui.style()).inner_margin(8);
            frame.show(ui, |ui| ui.horizontal(|ui| self.field(ui, 260.0, state, wanted)).inner).inner
        });
        self.open = has_focus.inner && !ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape));
    }

    /// The field; whether one types in it.
    fn field(&mut self, ui: &mut Ui, width: f32, state: &State, wanted: &mut Vec<Do>) -> bool {
        let mut query = state.search.query.clone();
        let hint = if width < 240.0 { "Search" } else { "Search steps and gates  (Ctrl F)" };
        let id = Id::new("search");
        let asked = std::mem::take(&mut self.wants_focus);
        if asked {
            // Before it is shown: what is typed already is for it.
            ui.memory_mut(|m| m.request_focus(id));
            // What was searched before is typed over.
            let mut typed = TextEditState::load(ui.ctx(), id).unwrap_or_default();
            let all = CCursorRange::two(CCursor::new(0), CCursor::new(query.chars().count()));
            typed.cursor.set_char_range(Some(all));
            typed.store(ui.ctx(), id);
        }
        let field = TextEdit::singleline(&mut query)
            .id(id)
            .hint_text(hint)
            .margin(Margin::symmetric(10, 6))
            .desired_width(width);
        let field = ui.add(field);
        named_field(&field, "Search steps and gates", &query);
        if asked {
            // Again: what opens with it is no place for the focus in its first moment.
            field.request_focus();
        }
        if field.changed() {
            wanted.push(Do::Find(query.clone()));
        }
        let next = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        if next {
            wanted.push(Do::Cmd(Cmd::Next));
            field.request_focus();
        }
        if !query.trim().is_empty() {
            let hits = state.search.hits.len();
            let text = match (hits, state.search.at) {
                (0, _) => "nothing found".to_owned(),
                (n, Some(at)) => format!("{} of {n}", at + 1),
                (n, None) => format!("{n} found"),
            };
            ui.label(RichText::new(text).size(12.0).color(Theme::of(ui.ctx()).dim));
        }
        asked || next || field.has_focus()
    }
}

/// The name of the project, cut where others need the room, and where it lies.
fn project(ui: &mut Ui, state: &State, tight: bool) {
    let theme = Theme::of(ui.ctx());
    let (name, place) = state.scene.as_ref().map_or(("ThreadOS", ""), |s| (&s.name, &s.place));
    let beside = if tight { BESIDE.0 } else { BESIDE.1 };
    let room = (ui.available_width() - beside).clamp(36.0, 260.0);
    cut(ui, RichText::new(name).size(14.0).family(family_strong()), room);
    if ui.available_width() > 1100.0 {
        cut(ui, RichText::new(place).size(12.0).color(theme.faint), 220.0);
    }
}

fn cut(ui: &mut Ui, text: RichText, room: f32) {
    ui.scope(|ui| {
        ui.set_max_width(room);
        ui.add(egui::Label::new(text).truncate());
    });
}

/// The one that most often is wanted: how many it would start.
fn run_button(ui: &mut Ui, tight: bool, state: &State, wanted: &mut Vec<Do>) {
    let name = Cmd::RunRunnable.entry().label;
    let count = state.scene.as_ref().map_or(0, |s| s.counts.of(Tone::Ready));
    let count = if count > 0 { format!("  {count}") } else { String::new() };
    let word = if tight { "Run" } else { name };
    let can = Cmd::RunRunnable.is_available(state);
    let button = primary(ui, &format!("\u{25b6}  {word}{count}"), can);
    // To those who hear it it has its whole name everywhere.
    let whole = format!("\u{25b6}  {name}{count}");
    button.widget_info(|| WidgetInfo::labeled(WidgetType::Button, can, whole.as_str()));
    let button = hint(button, |ui| tooltip(ui, Cmd::RunRunnable, state))
        .on_disabled_hover_text("nothing may start now");
    if button.clicked() {
        wanted.push(Do::Cmd(Cmd::RunRunnable));
    }
}

/// The mode: a shield, and one word.
fn mode(ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
    let theme = Theme::of(ui.ctx());
    let mode = state.scene.as_ref().and_then(|s| s.mode);
    let (word, about) = match mode {
        Some(Mode::Safe) => ("SAFE", "What destroys work asks for your yes. Click for POWER."),
        Some(Mode::Power) => ("POWER", "What destroys work is done without asking. Click for SAFE."),
        None => ("NO POLICY", "The policy is not valid: nothing is allowed but stopping."),
    };
    let text = RichText::new(word).size(12.0).family(family_strong());
    let line = if mode == Some(Mode::Safe) { theme.strong } else { theme.text };
    let button = Button::new(text).stroke(Stroke::new(1.2, line));
    let button = ui.add_enabled(Cmd::Mode.is_available(state), button);
    if hint(button, |ui| format!("{about}\n{}", tooltip(ui, Cmd::Mode, state))).clicked() {
        wanted.push(Do::Cmd(Cmd::Mode));
    }
}

/// What needs a person is the loudest thing on the screen.
fn needs_you(ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
    let n = state.scene.as_ref().map_or(0, |s| s.counts.of(Tone::Review)) + state.waiting().len();
    if n == 0 {
        return;
    }
    let theme = Theme::of(ui.ctx());
    let text = if n == 1 { "1 needs you".to_owned() } else { format!("{n} need you") };
    let text = RichText::new(text).color(theme.panel).family(family_strong()).size(12.5);
    let button = Button::new(text).fill(theme.tint(Tone::Review).text).stroke(Stroke::NONE);
    if hint(ui.add(button), |ui| tooltip(ui, Cmd::NextForMe, state)).clicked() {
        wanted.push(Do::Cmd(Cmd::NextForMe));
    }
}

/// An arrow that turns back.
fn paint_turn(painter: &Painter, rect: Rect, pen: Stroke, back: f32) {
    let r = rect.width() * 0.38;
    let at = rect.center() + vec2(0.0, r * 0.35);
    let bow = (0..=12_u8).map(|i| {
        let a = std::f32::consts::PI * (1.0 + f32::from(i) / 12.0);
        at + vec2(a.cos() * back, a.sin()) * r
    });
    painter.add(egui::Shape::line(bow.collect(), pen));
    let tip = at + vec2(-r * back, 0.0);
    painter.line_segment([tip, tip + vec2(-r * 0.55 * back, -r * 0.55)], pen);
    painter.line_segment([tip, tip + vec2(r * 0.6 * back, -r * 0.5)], pen);
}

fn paint_undo(painter: &Painter, rect: Rect, pen: Stroke) {
    paint_turn(painter, rect, pen, 1.0);
}

fn paint_redo(painter: &Painter, rect: Rect, pen: Stroke) {
    paint_turn(painter, rect, pen, -1.0);
}

fn paint_theme(painter: &Painter, rect: Rect, pen: Stroke) {
    let r = rect.width() / 2.0;
    painter.circle_stroke(rect.center(), r, pen);
    let half = (0..=10_u8).map(|i| {
        let a = -std::f32::consts::FRAC_PI_2 + std::f32::consts::PI * f32::from(i) / 10.0;
        rect.center() + vec2(a.cos(), a.sin()) * r
    });
    painter.add(egui::Shape::convex_polygon(half.collect(), pen.color, Stroke::NONE));
}

fn paint_right(painter: &Painter, rect: Rect, pen: Stroke) {
    painter.rect_stroke(rect, 2.0, pen, egui::StrokeKind::Inside);
    painter.vline(rect.right() - rect.width() * 0.36, rect.y_range(), pen);
}

fn paint_left(painter: &Painter, rect: Rect, pen: Stroke) {
    painter.rect_stroke(rect, 2.0, pen, egui::StrokeKind::Inside);
    painter.vline(rect.left() + rect.width() * 0.36, rect.y_range(), pen);
}

fn paint_bottom(painter: &Painter, rect: Rect, pen: Stroke) {
    painter.rect_stroke(rect, 2.0, pen, egui::StrokeKind::Inside);
    painter.hline(rect.x_range(), rect.bottom() - rect.height() * 0.36, pen);
}

fn paint_search(painter: &Painter, rect: Rect, pen: Stroke) {
    let r = rect.width() * 0.36;
    let at = rect.left_top() + vec2(r + 0.5, r + 0.5);
    painter.circle_stroke(at, r, pen);
    let rim = at + vec2(r, r) * std::f32::consts::FRAC_1_SQRT_2;
    painter.line_segment([rim, rect.right_bottom()], Stroke::new(pen.width + 0.4, pen.color));
}

fn paint_help(painter: &Painter, rect: Rect, pen: Stroke) {
    let font = egui::FontId::new(15.0, family_strong());
    painter.text(rect.center(), egui::Align2::CENTER_CENTER, "?", font, pen.color);
}
