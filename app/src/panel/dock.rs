//! The tabs over each place of panels, the bars between places, and a panel in the hand on its way to another place.

use egui::{
    Align, CornerRadius, CursorIcon, EventFilter, FontId, Id, Key, LayerId, Layout, Order, Painter, Pos2,
    Rect, Response, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, WidgetType, pos2, vec2,
};

use super::panes::label;
use super::widget::{command, held_tab, hint};
use crate::command::Cmd;
use crate::dock::{Bar, Change, Dock, FIRST, Laid, Pane, Place, Side, Stack, TABS, lay};
use crate::state::State;
use crate::theme::{Theme, family_strong};
use crate::window::Do;

/// How near to an edge of the canvas a panel is dropped at that edge.
const ZONE: f32 = 120.0;
/// How far an arrow key moves a bar.
const STEP: f32 = 16.0;
/// Between tabs.
const GAP: f32 = 20.0;

/// What a hand does with the panels.
#[derive(Debug, Default)]
pub struct Docker {
    held: Option<Pane>,
    tabs: Vec<(Pane, Rect)>,
}

impl Docker {
    /// Whether a panel is in the hand.
    pub fn is_carrying(&self) -> bool {
        self.held.is_some()
    }

    /// A new frame.
    pub fn begin(&mut self) {
        self.tabs.clear();
    }

    /// Shows the tabs of a place; where what stands below them has room. `extra` is what its front adds to the row.
    pub fn tabs(
        &mut self,
        ui: &mut Ui,
        dock: &Dock,
        (side, n, stack): (Side, usize, &Stack),
        state: &State,
        wanted: &mut Vec<Do>,
        extra: impl FnOnce(&mut Ui),
    ) -> Option<Rect> {
        let all = ui.max_rect();
        let (row, body) = all.split_top_bottom_at_y(all.top() + TABS);
        let is_column = side != Side::Below && dock.edge(side).stacks.len() > 1;
        let inner = UiBuilder::new()
            .max_rect(row.shrink2(vec2(16.0, 1.0)))
            .layout(Layout::right_to_left(Align::Center));
        ui.scope_builder(inner, |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            menu_button(ui, dock, stack.front(), state, wanted);
            // An edge is closed as a whole: by its last place.
            if is_column || n + 1 == dock.edge(side).stacks.len() {
                hide(ui, side, stack, is_column, wanted);
            }
            extra(ui);
            ui.add_space(8.0);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                self.row(ui, dock, stack, state, wanted);
            });
        });
        let line = Theme::of(ui.ctx()).line;
        let is_folded = is_column && stack.folded;
        if !is_folded {
            ui.painter().hline(row.x_range(), row.bottom() - 0.5, (1.0, line));
        }
        (!is_folded).then_some(body)
    }

    fn row(&mut self, ui: &mut Ui, dock: &Dock, stack: &Stack, state: &State, wanted: &mut Vec<Do>) {
        ui.spacing_mut().item_spacing.x = GAP;
        for pane in fitting(ui, stack, state) {
            let tab = self.tab(ui, dock, pane, stack.front() == pane, state, wanted);
            self.tabs.push((pane, tab.rect));
        }
    }

    fn tab(
        &mut self,
        ui: &mut Ui,
        dock: &Dock,
        pane: Pane,
        chosen: bool,
        state: &State,
        wanted: &mut Vec<Do>,
    ) -> Response {
        let tab = held_tab(ui, &label(pane, state), chosen, Sense::click_and_drag());
        if tab.clicked() {
            wanted.push(Do::Dock(Change::Show(pane)));
        }
        if tab.drag_started() {
            self.held = Some(pane);
        }
        tab.context_menu(|ui| menu(ui, dock, pane, state, wanted));
        tab
    }

    /// Lets the bars be moved.
    pub fn bars(&self, ui: &mut Ui, laid: &Laid, wanted: &mut Vec<Do>) {
        for (bar, at, free) in &laid.bars {
            let theme = Theme::of(ui.ctx());
            let upright = at.width() < at.height();
            let line = |ui: &Ui, pen: (f32, egui::Color32)| match upright {
                true => ui.painter().vline(at.center().x, at.y_range(), pen),
                false => ui.painter().hline(at.x_range(), at.center().y, pen),
            };
            line(ui, (1.0, theme.line));
            if matches!(bar, Bar::Between(..)) && *free == 0.0 {
                continue;
            }
            let grip = at.expand2(if upright { vec2(3.0, 0.0) } else { vec2(0.0, 3.0) });
            let response = ui.interact(grip, Id::new(bar), Sense::DRAG | Sense::FOCUSABLE);
            let name = words(*bar);
            response.widget_info(|| WidgetInfo::labeled(WidgetType::ResizeHandle, true, name.as_str()));
            let icon = if upright { CursorIcon::ResizeHorizontal } else { CursorIcon::ResizeVertical };
            if response.hovered() || response.dragged() {
                ui.ctx().set_cursor_icon(icon);
            }
            if response.hovered() || response.dragged() || response.has_focus() {
                line(ui, (2.0, theme.dim));
            }
            let by = response.drag_delta() + by_keys(ui, &response);
            let by = if upright { by.x } else { by.y };
            if by != 0.0 {
                wanted.push(Do::Dock(Change::Move(*bar, by, *free)));
            }
        }
    }

    /// Carries a panel that is in the hand: shows where it would come to stand, and puts it there when it is let go.
    pub fn carry(
        &mut self,
        ui: &Ui,
        dock: &Dock,
        laid: &Laid,
        fixed: impl Fn(&Stack) -> Option<f32>,
        wanted: &mut Vec<Do>,
    ) {
        let Some(pane) = self.held else { return };
        let (hand, down, given_up) =
            ui.input(|i| (i.pointer.latest_pos(), i.pointer.any_down(), i.key_pressed(Key::Escape)));
        let target = hand.and_then(|hand| self.target(dock, laid, hand));
        if given_up || !down {
            self.held = None;
            let put = target.filter(|_| !given_up).map(|place| Do::Dock(Change::Put(pane, place)));
            wanted.extend(put);
            return;
        }
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        let layer = LayerId::new(Order::Foreground, Id::new("a panel in the hand"));
        let painter = ui.ctx().layer_painter(layer);
        if let Some(Place::Free([x, y])) = target {
            let size = dock.floating().iter().find(|f| f.pane == pane).map_or(FIRST, |f| f.at);
            let there = Rect::from_min_size(pos2(x, y), vec2(size[2], size[3] + TABS));
            preview(&painter, there, &said(dock, pane, Place::Free([x, y])), ui);
        } else if let Some(place) = target {
            // As it would be: no second account of where things go.
            let mut then = dock.clone();
            then.take(Change::Put(pane, place));
            let room = laid.stacks.iter().fold(laid.middle, |all, (_, _, rect)| all.union(*rect));
            let laid = lay(&then, room, fixed);
            let at = then.find(pane);
            let seen = laid.stacks.iter().find(|(side, n, _)| Some((*side, *n)) == at);
            seen.into_iter().for_each(|(_, _, rect)| preview(&painter, *rect, &said(dock, pane, place), ui));
        }
        hand.into_iter().for_each(|hand| in_the_hand(&painter, hand, pane.name(), ui));
    }

    /// Where a panel would be dropped.
    fn target(&self, dock: &Dock, laid: &Laid, hand: Pos2) -> Option<Place> {
        if let Some((side, n, rect)) = laid.stacks.iter().find(|(_, _, rect)| rect.contains(hand)) {
            let stacks = &dock.edge(*side).stacks;
            let stack = stacks.get(*n)?;
            if hand.y < rect.top() + TABS {
                let before =
                    self.tabs.iter().find(|(p, tab)| stack.panes.contains(p) && hand.x < tab.center().x);
                return Some(before.map_or(Place::With(stack.front()), |(p, _)| Place::Before(*p)));
            }
            let part = match side {
                Side::Below => (hand.x - rect.left()) / rect.width(),
                _ => (hand.y - rect.top()) / rect.height(),
            };
            let next = stacks.get(n + 1).map(Stack::front);
            return Some(match part {
                ..0.25 => Place::Own(*side, Some(stack.front())),
                0.75.. => Place::Own(*side, next),
                _ => Place::With(stack.front()),
            });
        }
        let middle = laid.middle;
        if !middle.contains(hand) {
            return None;
        }
        let (x, y) = (ZONE.min(middle.width() / 3.0), ZONE.min(middle.height() / 3.0));
        let edges = [
            (Side::Left, (hand.x - middle.left()) / x),
            (Side::Right, (middle.right() - hand.x) / x),
            (Side::Below, (middle.bottom() - hand.y) / y),
        ];
        let nearest = edges.into_iter().min_by(|a, b| a.1.total_cmp(&b.1));
        let edge = nearest.filter(|(_, far)| *far < 1.0).map(|(side, _)| Place::Own(side, None));
        // Elsewhere over the canvas it floats, held by its tab as it is now.
        edge.or(Some(Place::Free([hand.x - 40.0, hand.y - TABS / 2.0])))
    }

    /// The row over a panel that floats: its tab, to carry it, its menu, and the way back.
    pub fn head(
        &mut self,
        ui: &mut Ui,
        dock: &Dock,
        pane: Pane,
        state: &State,
        wanted: &mut Vec<Do>,
        extra: impl FnOnce(&mut Ui),
    ) {
        let (_, row) = ui.allocate_space(vec2(ui.available_width(), TABS));
        let inner = UiBuilder::new()
            .max_rect(row.shrink2(vec2(16.0, 1.0)))
            .layout(Layout::right_to_left(Align::Center));
        ui.scope_builder(inner, |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            close(ui, pane, wanted);
            menu_button(ui, dock, pane, state, wanted);
            extra(ui);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                self.tab(ui, dock, pane, true, state, wanted);
            });
        });
        ui.painter().hline(row.x_range(), row.bottom() - 0.5, (1.0, Theme::of(ui.ctx()).line));
    }
}

/// The tabs that there is room for; the front is always among them, the others are in the menu.
fn fitting(ui: &Ui, stack: &Stack, state: &State) -> Vec<Pane> {
    let font = FontId::new(13.0, family_strong());
    let wide = |pane| {
        let text = label(pane, state);
        ui.painter().layout_no_wrap(text, font.clone(), egui::Color32::PLACEHOLDER).size().x + GAP
    };
    let mut room = ui.available_width() + GAP - wide(stack.front());
    let fits = stack.panes.iter().copied().filter(|pane| {
        let is_front = *pane == stack.front();
        room -= if is_front { 0.0 } else { wide(*pane) };
        is_front || room >= 0.0
    });
    fits.collect()
}

fn menu_button(ui: &mut Ui, dock: &Dock, pane: Pane, state: &State, wanted: &mut Vec<Do>) {
    let name = format!("Move {}", pane.name());
    let (rect, response) = ui.allocate_exact_size(vec2(24.0, 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, name.as_str()));
    ground(ui, rect, &response);
    let color = Theme::of(ui.ctx()).dim;
    for x in [-5.0, 0.0, 5.0] {
        ui.painter().circle_filled(rect.center() + vec2(x, 0.0), 1.4, color);
    }
    egui::Popup::menu(&response).show(|ui| menu(ui, dock, pane, state, wanted));
    hint(response, |_| format!("{name} to another place (or drag its tab there)"));
}

/// What can be done with a panel.
fn menu(ui: &mut Ui, dock: &Dock, pane: Pane, state: &State, wanted: &mut Vec<Do>) {
    let others = dock.stack(pane).into_iter().flat_map(|s| &s.panes).copied().filter(|p| *p != pane);
    for other in others.clone() {
        if ui.button(format!("Show {}", other.name())).clicked() {
            wanted.push(Do::Dock(Change::Show(other)));
        }
    }
    if others.count() > 0 {
        ui.separator();
    }
    for side in Side::ALL {
        let there = dock.stack(pane).is_some_and(|s| s.panes == [pane])
            && dock.find(pane).is_some_and(|(at, _)| at == side);
        let button = ui.add_enabled(!there, egui::Button::new(format!("Move {}", side.way())));
        if button.clicked() {
            wanted.push(Do::Dock(Change::Put(pane, Place::Own(side, None))));
        }
    }
    let floats = dock.floats(pane);
    if floats && ui.button("Back to where it was").clicked() {
        wanted.push(Do::Dock(Change::Back(pane)));
    }
    if !floats && ui.button("Move to a window of its own").clicked() {
        wanted.push(Do::Dock(Change::Float(pane)));
    }
    ui.separator();
    let places = Side::ALL.iter().flat_map(|side| &dock.edge(*side).stacks);
    for stack in places.filter(|s| !s.panes.contains(&pane)) {
        let with = stack.front();
        if ui.button(format!("As a tab beside {}", with.name())).clicked() {
            wanted.push(Do::Dock(Change::Put(pane, Place::With(with))));
        }
    }
    ui.separator();
    command(ui, Cmd::ResetPanels, false, state, wanted);
}

/// A place among others above or below it becomes a line; else its edge is closed.
fn hide(ui: &mut Ui, side: Side, stack: &Stack, is_column: bool, wanted: &mut Vec<Do>) {
    let (name, change) = match (is_column, stack.folded) {
        (true, false) => (format!("Hide {}", stack.front().name()), Change::Fold(stack.front())),
        (true, true) => (format!("Open {}", stack.front().name()), Change::Fold(stack.front())),
        (false, _) => (format!("Hide the panels {}", side.words()), Change::Turn(side)),
    };
    let (rect, response) = ui.allocate_exact_size(vec2(24.0, 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, name.as_str()));
    ground(ui, rect, &response);
    let pen = Stroke::new(1.4, Theme::of(ui.ctx()).dim);
    let up = if is_column && stack.folded { -1.0 } else { 1.0 };
    let turn = |x: f32, y: f32| match (is_column, side) {
        (false, Side::Left) => vec2(-y, x),
        (false, Side::Right) => vec2(y, x),
        _ => vec2(x, y * up),
    };
    let corner = rect.center() + turn(0.0, 2.5);
    ui.painter().line_segment([rect.center() + turn(-4.0, -2.0), corner], pen);
    ui.painter().line_segment([rect.center() + turn(4.0, -2.0), corner], pen);
    if response.on_hover_text(name).clicked() {
        wanted.push(Do::Dock(change));
    }
}

/// Ends a window: its panel goes back to where it was.
fn close(ui: &mut Ui, pane: Pane, wanted: &mut Vec<Do>) {
    let (rect, response) = ui.allocate_exact_size(vec2(24.0, 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, "Close window"));
    ground(ui, rect, &response);
    let pen = Stroke::new(1.4, Theme::of(ui.ctx()).dim);
    let cross = Rect::from_center_size(rect.center(), vec2(8.0, 8.0));
    ui.painter().line_segment([cross.left_top(), cross.right_bottom()], pen);
    ui.painter().line_segment([cross.right_top(), cross.left_bottom()], pen);
    if response.on_hover_text("Put it back where it was").clicked() {
        wanted.push(Do::Dock(Change::Back(pane)));
    }
}

fn ground(ui: &Ui, rect: Rect, response: &Response) {
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, CornerRadius::same(6), Theme::of(ui.ctx()).raised);
    }
}

fn words(bar: Bar) -> String {
    match bar {
        Bar::Edge(side) => format!("Size of the panels {}", side.words()),
        Bar::Between(side, n) => format!("Border {} between the panels {}", n + 1, side.words()),
    }
}

/// How far the arrow keys move a bar that has the focus.
fn by_keys(ui: &Ui, response: &Response) -> egui::Vec2 {
    if !response.has_focus() {
        return egui::Vec2::ZERO;
    }
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|m| m.set_focus_lock_filter(response.id, filter));
    let hit = |key| if ui.input(|i| i.key_pressed(key)) { STEP } else { 0.0 };
    vec2(hit(Key::ArrowRight) - hit(Key::ArrowLeft), hit(Key::ArrowDown) - hit(Key::ArrowUp))
}

fn said(dock: &Dock, pane: Pane, place: Place) -> String {
    match place {
        Place::Own(side, _) => format!("{} {}", pane.name(), side.words()),
        Place::Free(_) => format!("{} in a window of its own", pane.name()),
        Place::With(with) | Place::Before(with) => match dock.stack(with) {
            Some(stack) if stack.panes.contains(&pane) => format!("{} stays here", pane.name()),
            _ => format!("{} as a tab beside {}", pane.name(), with.name()),
        },
    }
}

fn preview(painter: &Painter, rect: Rect, text: &str, ui: &Ui) {
    let theme = Theme::of(ui.ctx());
    let rect = rect.shrink(4.0);
    painter.rect_filled(rect, 8.0, theme.strong.gamma_multiply(0.85));
    painter.rect_stroke(rect, 8.0, Stroke::new(2.0, theme.ink), StrokeKind::Inside);
    let font = FontId::new(13.0, family_strong());
    painter.text(rect.center(), egui::Align2::CENTER_CENTER, text, font, theme.text);
}

fn in_the_hand(painter: &Painter, hand: Pos2, name: &str, ui: &Ui) {
    let theme = Theme::of(ui.ctx());
    let galley = painter.layout_no_wrap(name.to_owned(), FontId::new(13.0, family_strong()), theme.on_ink);
    let rect = Rect::from_min_size(hand + vec2(12.0, 12.0), galley.size() + vec2(20.0, 10.0));
    painter.rect_filled(rect, 6.0, theme.ink);
    painter.galley(pos2(rect.left() + 10.0, rect.top() + 5.0), galley, theme.on_ink);
}
