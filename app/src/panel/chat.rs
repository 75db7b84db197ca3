//! The chat: a person says in a sentence what is to be done; the answer is a proposal beside what it would change.

use egui::{
    Align, Button, Frame, Id, Key, KeyboardShortcut, Label, Layout, Margin, Modifiers, Painter, Panel, Rect,
    RichText, ScrollArea, Sense, Stroke, TextEdit, Ui, WidgetInfo, WidgetType, vec2,
};
use threados_core::chat::{ChatResponse, Provider};
use threados_core::proposal::Source;

use super::widget::{key, named_field, quiet, section};
use super::{proposals, said};
use crate::command::Cmd;
use crate::state::State;
use crate::talk::Turn;
use crate::theme::Theme;
use crate::window::Do;

/// How high it is before anything was said.
pub const QUIET: f32 = 228.0;

/// How many things that were said are still shown.
const MOST: usize = 50;

/// The name of the text field.
const FIELD: &str = "Say what is to be done";

/// Enter sends; this begins a line.
const NEW_LINE: KeyboardShortcut = KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter);

/// The chat.
#[derive(Debug, Default)]
pub struct Chat {
    text: String,
    provider: Provider,
    wants_focus: bool,
}

impl Chat {
    /// Puts the cursor into its field.
    pub fn focus(&mut self) {
        self.wants_focus = true;
    }

    /// Shows it.
    pub fn show(&mut self, ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
        Panel::bottom("chat field").frame(Frame::new()).show_separator_line(false).show(ui, |ui| {
            self.field(ui, state, wanted);
        });
        let area = ScrollArea::vertical().id_salt("conversation").auto_shrink(false).stick_to_bottom(true);
        area.show(ui, |ui| {
            if state.talk.turns.is_empty() && state.waiting().is_empty() {
                return self.examples(ui, state);
            }
            let old = state.talk.turns.len().saturating_sub(MOST);
            for (n, turn) in state.talk.turns.iter().enumerate().skip(old) {
                one(ui, n, turn, state, wanted);
            }
            // What other doors ask for.
            let own = |id| state.talk.turns.iter().any(|turn| turn.proposal() == Some(id));
            for record in state.waiting().into_iter().filter(|r| !own(&r.id)) {
                if record.asker.source == Source::Chat {
                    section(ui, "Said elsewhere");
                }
                proposals::kept(ui, record, state, wanted);
            }
        });
    }

    /// Who answers; a choice where there is one.
    pub fn providers(&mut self, ui: &mut Ui) {
        let faint = Theme::of(ui.ctx()).faint;
        let word = |p: Provider| RichText::new(p.as_str()).size(11.0).color(faint);
        if let [only] = Provider::ALL {
            ui.label(word(*only));
            return;
        }
        ui.spacing_mut().button_padding = vec2(8.0, 2.0);
        ui.spacing_mut().interact_size.y = 22.0;
        ui.menu_button(word(self.provider), |ui| {
            for provider in Provider::ALL {
                ui.selectable_value(&mut self.provider, *provider, provider.as_str());
            }
        });
    }

    fn field(&mut self, ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
        let id = Id::new("chat text");
        let asked = std::mem::take(&mut self.wants_focus);
        if asked {
            // Before it is shown: what is typed already is for it.
            ui.memory_mut(|m| m.request_focus(id));
        }
        let has_focus = ui.ctx().memory(|m| m.has_focus(id));
        let enter =
            has_focus && ui.input_mut(|i| !i.modifiers.shift && i.consume_key(Modifiers::NONE, Key::Enter));
        if has_focus && self.text.is_empty() && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::ArrowUp))
        {
            self.text = state.talk.turns.last().map(|turn| turn.text.clone()).unwrap_or_default();
        }
        ui.add_space(8.0);
        let thinks = state.talk.is_thinking();
        let mut send = enter;
        // The button stands in the field, where the text does not reach.
        let margin = Margin { left: 10, right: 44, top: 8, bottom: 8 };
        let shortcut = Cmd::Chat.entry().key.map(|k| key(ui.ctx(), &k)).unwrap_or_default();
        let hint = format!("{FIELD}  ({shortcut})");
        let field = TextEdit::multiline(&mut self.text).id(id).hint_text(hint).desired_rows(1);
        let field = ui.add(field.desired_width(f32::INFINITY).margin(margin).return_key(NEW_LINE));
        named_field(&field, FIELD, &self.text);
        if asked {
            field.request_focus();
        }
        let can = !self.text.trim().is_empty() && !thinks;
        let place = Rect::from_min_size(field.rect.right_bottom() - vec2(32.0, 28.0), vec2(29.0, 25.0));
        if thinks {
            if button(ui, place, true, "Stop thinking", paint_stop) {
                wanted.push(Do::Hush);
            }
        } else {
            send |= button(ui, place, can, "Send", paint_send);
        }
        if send && can {
            let text = std::mem::take(&mut self.text).trim().to_owned();
            wanted.push(Do::Say(text, self.provider));
            field.request_focus();
        }
    }

    /// What can be said, for somebody who has said nothing yet.
    fn examples(&mut self, ui: &mut Ui, state: &State) {
        let Some(scene) = &state.scene else { return quiet(ui, "") };
        let theme = Theme::of(ui.ctx());
        ui.label(
            RichText::new("Say what is to be done, or ask. You see what would change before it does.")
                .color(theme.dim),
        );
        let last = state.selected_step().or(scene.snapshot.sequence().steps.last());
        let examples = match last {
            Some(last) => vec![
                format!("add a step check after {}", last.id),
                "run everything".to_owned(),
                "what failed?".to_owned(),
            ],
            None => vec!["add a step hello that runs git --version".to_owned()],
        };
        ui.horizontal_wrapped(|ui| {
            for example in examples {
                let button = Button::new(RichText::new(&example).size(12.5));
                if ui.add(button).on_hover_text("Take it over into the field").clicked() {
                    self.text = example;
                    self.wants_focus = true;
                }
            }
        });
    }
}

/// A small button without words at a place; whether it was clicked.
fn button(ui: &mut Ui, place: Rect, enabled: bool, name: &str, paint: fn(&Painter, Rect, Stroke)) -> bool {
    let theme = Theme::of(ui.ctx());
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let response = ui.interact(place, Id::new(name), sense);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, enabled, name));
    let (ground, color) = match (enabled, response.hovered()) {
        (false, _) => (theme.line, theme.faint),
        (true, false) => (theme.ink, theme.on_ink),
        (true, true) => (theme.dim, theme.on_ink),
    };
    ui.painter().rect_filled(place, 6.0, ground);
    paint(ui.painter(), Rect::from_center_size(place.center(), vec2(12.0, 10.0)), Stroke::new(1.6, color));
    response.on_hover_text(name).clicked()
}

fn paint_send(painter: &Painter, rect: Rect, pen: Stroke) {
    let tip = rect.right_center();
    painter.line_segment([rect.left_center(), tip], pen);
    painter.line_segment([tip, tip + vec2(-4.5, -4.5)], pen);
    painter.line_segment([tip, tip + vec2(-4.5, 4.5)], pen);
}

fn paint_stop(painter: &Painter, rect: Rect, pen: Stroke) {
    painter.rect_filled(Rect::from_center_size(rect.center(), vec2(9.0, 9.0)), 1.0, pen.color);
}

/// What was said, and the answer to it.
fn one(ui: &mut Ui, n: usize, turn: &Turn, state: &State, wanted: &mut Vec<Do>) {
    let theme = Theme::of(ui.ctx());
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        let bubble = Frame::new().fill(theme.raised).stroke(Stroke::new(1.0, theme.line)).corner_radius(9);
        bubble.inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
            ui.set_max_width(ui.available_width() * 0.86);
            ui.add(Label::new(&turn.text).wrap());
        });
    });
    match &turn.answer {
        None if turn.heard.is_empty() => quiet_line(ui, "Thinking\u{2026}"),
        None => quiet_line(ui, &turn.heard),
        Some(Err(fault)) => said(ui, fault),
        Some(Ok(response)) => answer(ui, n, response, state, wanted),
    }
    ui.add_space(4.0);
}

fn answer(ui: &mut Ui, n: usize, response: &ChatResponse, state: &State, wanted: &mut Vec<Do>) {
    let message = beside_the_card(response);
    if !message.is_empty() {
        quiet_line(ui, &message);
    }
    let record = response.proposal.as_ref().and_then(|id| state.proposals.iter().find(|r| r.id == *id));
    match record {
        Some(record) => proposals::kept(ui, record, state, wanted),
        None => proposals::settled(ui, n, response),
    }
}

/// The message without the lines that stand on the card.
fn beside_the_card(response: &ChatResponse) -> String {
    let bare = |line: &str| line.trim().trim_start_matches("seqctl ").to_owned();
    let on_card = |line: &str| {
        response.actions.iter().any(|a| bare(&a.command) == bare(line))
            || response.rejected.iter().any(|r| bare(&r.command) == bare(line))
    };
    let lines: Vec<&str> = response.message.lines().collect();
    // What only announces them goes with them.
    let announces = |n: usize| lines[n].ends_with(':') && lines.get(n + 1).is_some_and(|next| on_card(next));
    let rest = lines.iter().enumerate().filter(|(n, line)| !on_card(line) && !announces(*n));
    rest.map(|(_, line)| *line).collect::<Vec<_>>().join("\n")
}

fn quiet_line(ui: &mut Ui, text: &str) {
    ui.add(Label::new(RichText::new(text).color(Theme::of(ui.ctx()).dim)).wrap());
}
