//! The panes of mprocs: opened, closed, looked at, and typed into.

use egui::{
    Align2, Button, ComboBox, EventFilter, FontId, Id, Pos2, Rect, Response, RichText, Sense, Ui, pos2, vec2,
};
use threados_core::id::StepId;
use threados_core::wrapper::TerminalSize;

use super::keys;
use super::widget::quiet;
use crate::link::PaneAsk;
use crate::state::{EXECUTORS, State};
use crate::terminal::Picture;
use crate::theme::{Theme, family_mono};
use crate::window::Do;

/// Size of the letters.
const SIZE: f32 = 11.5;
/// As small as mprocs can still be used.
const LEAST: TerminalSize = TerminalSize { cols: 40, rows: 8 };
/// Turns of the wheel that one frame tells.
const MOST_TURNS: usize = 5;

/// The tab.
#[derive(Debug, Default)]
pub struct Terminal {
    size: Option<TerminalSize>,
    wants_keys: bool,
}

fn id() -> Id {
    Id::new("mprocs")
}

/// Whether what is typed goes to mprocs.
pub fn has_keys(ctx: &egui::Context) -> bool {
    ctx.memory(|m| m.has_focus(id()))
}

impl Terminal {
    /// Has what is typed go to mprocs.
    pub fn take_keys(&mut self) {
        self.wants_keys = true;
    }

    /// The size it was shown with since the last call; `None` where it was not.
    pub fn shown(&mut self) -> Option<TerminalSize> {
        self.size.take()
    }

    /// Shows it.
    pub fn show(&mut self, ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
        ui.horizontal_wrapped(|ui| bar(ui, state, wanted));
        if state.session.is_none() {
            return quiet(ui, "mprocs shows each step in a pane of its own, where you look in and type.");
        }
        let font = FontId::new(SIZE, family_mono());
        let cell = ui.ctx().fonts_mut(|f| vec2(f.glyph_width(&font, 'M'), f.row_height(&font)));
        let (_, rect) = ui.allocate_space(ui.available_size());
        let response = ui.interact(rect, id(), Sense::click());
        self.size = Some(size(rect, cell));
        let focused = response.has_focus();
        if let Some(picture) = &state.picture {
            paint(ui, rect, cell, picture, focused);
            describe(ui, &response, picture);
        }
        let mut typed = if focused { typed(ui) } else { Vec::new() };
        typed.extend(clicked(ui, &response, rect, cell));
        if !typed.is_empty() {
            wanted.push(Do::Panes(PaneAsk::Type(typed)));
        }
        if std::mem::take(&mut self.wants_keys) || response.clicked() {
            response.request_focus();
        }
        let all = EventFilter { tab: true, horizontal_arrows: true, vertical_arrows: true, escape: true };
        ui.memory_mut(|m| m.set_focus_lock_filter(id(), all));
    }
}

fn bar(ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
    let theme = Theme::of(ui.ctx());
    let small = |text: String| RichText::new(text).size(12.0).color(theme.dim);
    let (label, line, ask) = match &state.session {
        None => ("Open mprocs", "seqctl mprocs open --headless", PaneAsk::Open),
        Some(_) => ("Close mprocs", "seqctl mprocs close", PaneAsk::Close),
    };
    if ui.button(label).on_hover_text(line).clicked() {
        wanted.push(Do::Panes(ask));
    }
    if let Some(session) = &state.session {
        let step = state.selected_step().map(|step| step.id.clone());
        let shown = ui.add_enabled(step.is_some(), Button::new("Show selected step"));
        let shown = shown.on_disabled_hover_text("select a step first");
        if shown.clicked() {
            wanted.extend(step.map(show));
        }
        ui.label(small(format!("{}, {} panes", session.version, session.panes)));
        let about = if has_keys(ui.ctx()) { "Ctrl+] gives the keys back" } else { "click to type" };
        ui.label(small(about.to_owned()));
    }
    ui.label(small("Steps start in".to_owned()));
    let mut chosen = state.executor;
    // As wide as its longest word: beside the others it fits into a narrow panel.
    let combo = ComboBox::from_id_salt("executor").selected_text(EXECUTORS[chosen].1).width(72.0);
    let combo = combo.show_ui(ui, |ui| {
        for (n, (_, label, about)) in EXECUTORS.iter().enumerate() {
            ui.selectable_value(&mut chosen, n, *label).on_hover_text(*about);
        }
    });
    combo.response.widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::ComboBox, true, "Executor"));
    if chosen != state.executor {
        wanted.push(Do::Executor(chosen));
    }
}

/// Brings the pane of a step to the front.
pub fn show(step: StepId) -> Do {
    Do::Panes(PaneAsk::Show(step))
}

fn size(rect: Rect, cell: egui::Vec2) -> TerminalSize {
    let fits = |room: f32, one: f32| (room / one.max(1.0)).floor().clamp(1.0, 1000.0) as u16;
    TerminalSize {
        cols: fits(rect.width(), cell.x).max(LEAST.cols),
        rows: fits(rect.height(), cell.y).max(LEAST.rows),
    }
}

fn paint(ui: &Ui, rect: Rect, cell: egui::Vec2, picture: &Picture, focused: bool) {
    let theme = Theme::of(ui.ctx());
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, theme.canvas);
    let at = |col: u16, row: usize| rect.min + vec2(f32::from(col) * cell.x, row as f32 * cell.y);
    for (row, stretches) in picture.rows.iter().enumerate() {
        for stretch in stretches {
            let (ink, ground) = theme.stretch(stretch.look);
            let from = at(stretch.at, row);
            let room = Rect::from_min_size(from, vec2(f32::from(stretch.cols) * cell.x, cell.y));
            if let Some(ground) = ground {
                painter.rect_filled(room, 0.0, ground);
            }
            painter.text(from, Align2::LEFT_TOP, &stretch.text, FontId::new(SIZE, family_mono()), ink);
            if stretch.look.underline {
                painter.hline(room.x_range(), room.bottom() - 1.0, (1.0, ink));
            }
        }
    }
    if let Some((col, row)) = picture.cursor.filter(|_| focused) {
        let under = Rect::from_min_size(at(col, usize::from(row)), cell);
        painter.rect_stroke(under, 0.0, (1.0, theme.ink), egui::StrokeKind::Inside);
    }
    if focused {
        painter.rect_stroke(rect, 0.0, (1.0, theme.strong), egui::StrokeKind::Inside);
    }
}

/// What stands there, for those who do not see it.
fn describe(ui: &Ui, response: &Response, picture: &Picture) {
    response.widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::Other, true, "mprocs"));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(egui::accesskit::Role::Terminal);
        node.set_value(picture.text());
    });
}

fn typed(ui: &Ui) -> Vec<u8> {
    let (events, held) = ui.input(|i| (i.events.clone(), i.modifiers));
    if events.iter().any(keys::leaves) {
        ui.memory_mut(|m| m.surrender_focus(id()));
        return Vec::new();
    }
    events.iter().flat_map(|event| keys::bytes(event, held)).collect()
}

/// Clicks and turns of the wheel, as mprocs asked to be told of them.
fn clicked(ui: &Ui, response: &Response, rect: Rect, cell: egui::Vec2) -> Vec<u8> {
    let place = |at: Pos2| {
        let at = (at - rect.min) / cell;
        let at = pos2(at.x.floor() + 1.0, at.y.floor() + 1.0);
        format!("{};{}", at.x, at.y)
    };
    let mut told = String::new();
    if let Some(at) = response.interact_pointer_pos().filter(|_| response.clicked()) {
        told += &format!("\x1b[<0;{0}M\x1b[<0;{0}m", place(at));
    }
    let turned = ui.input(|i| i.smooth_scroll_delta.y);
    if let Some(at) = response.hover_pos().filter(|_| turned != 0.0) {
        let turns = (turned.abs() / (3.0 * cell.y)).ceil() as usize;
        let wheel = format!("\x1b[<{};{}M", if turned > 0.0 { 64 } else { 65 }, place(at));
        told += &wheel.repeat(turns.min(MOST_TURNS));
    }
    told.into_bytes()
}
