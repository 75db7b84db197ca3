//! How the sequence is looked at: how close, what else is shown, and the map. A part of the bar above.

use egui::containers::menu::MenuButton;
use egui::{Button, Painter, Rect, RichText, Stroke, StrokeKind, Ui, WidgetInfo, WidgetType, vec2};

use super::widget::{icon, key, tooltip};
use crate::command::Cmd;
use crate::state::State;
use crate::theme::Theme;
use crate::window::Do;

/// What the menu has.
const MENU: [Cmd; 7] =
    [Cmd::ZoomIn, Cmd::ZoomOut, Cmd::Fit, Cmd::Reveal, Cmd::Map, Cmd::Critical, Cmd::Network];

/// How close one looks; a click opens all that can be done about it.
pub(super) fn zoom(ui: &mut Ui, zoom: f32, state: &State, wanted: &mut Vec<Do>) {
    let percent = zoom * 100.0;
    let text = if percent < 9.95 { format!("{percent:.1} %") } else { format!("{percent:.0} %") };
    let dim = Theme::of(ui.ctx()).dim;
    let button = Button::new(RichText::new(&text).size(12.0).color(dim)).frame(false);
    let response = ui.scope(|ui| {
        ui.spacing_mut().button_padding.x = 6.0;
        let menu = MenuButton::from_button(button.min_size(vec2(46.0, 30.0)));
        menu.ui(ui, |ui| MENU.iter().for_each(|cmd| item(ui, *cmd, state, wanted))).0
    });
    let response = response.inner;
    let name = format!("Zoom: {text}");
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, name.as_str()));
    response.on_hover_text("How close you look: zoom, fit, the map, the critical path, the free network");
}

fn item(ui: &mut Ui, cmd: Cmd, state: &State, wanted: &mut Vec<Do>) {
    let entry = cmd.entry();
    let on = match cmd {
        Cmd::Map => state.map,
        Cmd::Critical => state.critical,
        Cmd::Network => state.network,
        _ => false,
    };
    let shortcut = entry.key.map(|k| key(ui.ctx(), &k)).unwrap_or_default();
    let button = Button::selectable(on, entry.label).shortcut_text(shortcut);
    let can = cmd.is_available(state);
    let button = ui.add_enabled(can, button);
    // The key beside it is no part of its name.
    button.widget_info(|| WidgetInfo::selected(WidgetType::Button, can, on, entry.label));
    if button.on_hover_text(tooltip(ui, cmd, state)).clicked() {
        wanted.push(Do::Cmd(cmd));
    }
}

/// Shows the map, or hides it.
pub(super) fn map(ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
    let shown = state.map;
    let response = icon(ui, Cmd::Map, state, wanted, if shown { paint_map } else { paint_no_map });
    response.widget_info(|| WidgetInfo::selected(WidgetType::Button, true, shown, Cmd::Map.entry().label));
}

/// A view with its map in the corner.
fn paint_map(painter: &Painter, rect: Rect, pen: Stroke) {
    paint_no_map(painter, rect, pen);
    let corner = Rect::from_min_max(rect.center(), rect.max).shrink(1.0);
    painter.rect_filled(corner, 1.0, pen.color);
}

fn paint_no_map(painter: &Painter, rect: Rect, pen: Stroke) {
    painter.rect_stroke(rect, 2.0, pen, StrokeKind::Inside);
    let corner = Rect::from_min_max(rect.center(), rect.max).shrink(1.0);
    painter.rect_stroke(corner, 1.0, Stroke::new(1.0, pen.color), StrokeKind::Inside);
}

pub(super) fn paint_fit(painter: &Painter, rect: Rect, pen: Stroke) {
    let d = rect.width() * 0.34;
    for (corner, x, y) in [
        (rect.left_top(), d, d),
        (rect.right_top(), -d, d),
        (rect.left_bottom(), d, -d),
        (rect.right_bottom(), -d, -d),
    ] {
        painter.line_segment([corner, corner + vec2(x, 0.0)], pen);
        painter.line_segment([corner, corner + vec2(0.0, y)], pen);
    }
}
