//! What stands where there is nothing to show, and what is wrong with the project.

use egui::{Align, Align2, Area, Frame, Id, Layout, Margin, Order, Rect, RichText, Stroke, Ui, pos2, vec2};
use threados_core::engine::protocol::Fault;

use super::threads;
use super::widget::mono;
use crate::canvas::marks;
use crate::command::{Cmd, New};
use crate::scene::Tone;
use crate::theme::{Theme, family_strong};
use crate::window::Do;

/// The line that adds a first step.
const FIRST: &str = "seqctl step add hello -- git --version";

/// A project without steps: what can be made, each with a click.
pub fn no_steps(ui: &mut Ui, wanted: &mut Vec<Do>) {
    let room = ui.available_rect_before_wrap().shrink(24.0);
    let size = vec2(threads::width(room.width()), 420.0_f32.min(room.height()));
    let rect = Rect::from_center_size(room.center(), size);
    ui.scope_builder(egui::UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Min)), |ui| {
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.heading("No steps yet");
            ui.label(RichText::new("Begin with a pattern, or with one step.").color(Theme::of(ui.ctx()).dim));
            ui.add_space(8.0);
            if let Some(template) = threads::cards(ui) {
                wanted.push(Do::Cmd(Cmd::New(New::Thread(template))));
            }
            ui.add_space(4.0);
            ui.horizontal_wrapped(|ui| {
                if ui.button("Add one step").on_hover_text(FIRST).clicked() {
                    wanted.push(Do::Cmd(Cmd::New(New::Step)));
                }
                line_to_copy(ui, FIRST);
            });
        });
    });
}

/// A line of the command line that does the same as what stands beside it.
pub fn line_to_copy(ui: &mut Ui, line: &str) {
    ui.label(mono(line).color(Theme::of(ui.ctx()).faint));
    if ui.button("Copy").on_hover_text("Copy the line").clicked() {
        ui.ctx().copy_text(line.to_owned());
    }
}

/// A project that was not read yet, or cannot be.
pub fn nothing_yet(ui: &mut Ui, trouble: Option<&Fault>) {
    match trouble {
        None => centered(ui, "Opening the project\u{2026}", "", |_| {}),
        Some(fault) => {
            let hint = fault.hint.clone().unwrap_or_default();
            centered(ui, "The project cannot be read", &fault.message, |ui| {
                ui.label(RichText::new(hint).color(Theme::of(ui.ctx()).dim));
            });
        }
    }
}

/// What is wrong with the project, over what was good last.
pub fn trouble(ui: &Ui, rect: Rect, trouble: Option<&Fault>) {
    let Some(fault) = trouble else { return };
    let theme = Theme::of(ui.ctx());
    let tint = theme.tint(Tone::Failed);
    let at = pos2(rect.center().x, rect.top() + 12.0);
    let area = Area::new(Id::new("trouble")).order(Order::Middle).fixed_pos(at).pivot(Align2::CENTER_TOP);
    area.show(ui.ctx(), |ui| {
        let frame = Frame::new().fill(theme.panel).stroke(Stroke::new(1.2, tint.mark));
        frame.corner_radius(8).inner_margin(Margin::symmetric(14, 10)).show(ui, |ui| {
            ui.set_max_width((rect.width() - 80.0).clamp(200.0, 720.0));
            ui.horizontal_wrapped(|ui| {
                marks::inline(ui, Tone::Failed, tint.mark, theme.panel);
                ui.label(RichText::new("What is shown is the last good version").family(family_strong()));
            });
            ui.label(&fault.message);
            if let Some(hint) = &fault.hint {
                ui.label(RichText::new(hint).color(theme.dim));
            }
        });
    });
}

fn centered(ui: &mut Ui, title: &str, text: &str, more: impl FnOnce(&mut Ui)) {
    let room = ui.available_size();
    let size = vec2(room.x.min(520.0), 160.0);
    let rect = Rect::from_center_size(ui.available_rect_before_wrap().center(), size);
    ui.scope_builder(egui::UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Center)), |ui| {
        ui.heading(title);
        if !text.is_empty() {
            ui.label(RichText::new(text).color(Theme::of(ui.ctx()).dim));
        }
        ui.add_space(8.0);
        more(ui);
    });
}
