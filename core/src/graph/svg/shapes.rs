//! Cards, diamonds, frames and marks.

use std::fmt::Write as _;

use super::escaped;
use crate::graph::{Scene, Shown, Tone};
use crate::layout::{Frame, Rect};

/// Average width of a letter of a name and of small text, in pixels: that of a wide face, since the reader's
/// machine may lack ours.
const NAME: f32 = 8.2;
const SMALL: f32 = 6.5;

/// A step: its mark and name, its model on the right, and below how it stands.
pub(super) fn card(out: &mut String, shown: &Shown<'_>, model: &str, place: &Rect) {
    let Rect { x, y, w, h } = *place;
    let class = shown.tone.class();
    let border = if matches!(shown.tone, Tone::Blocked | Tone::Ready | Tone::Done) { "quiet" } else { class };
    let _ = writeln!(out, "<g><title>{}: {}</title>", escaped(shown.name), escaped(&shown.says));
    let _ = writeln!(
        out,
        "<rect class=\"card box {border}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"9\"/>"
    );
    mark(out, shown.tone, x + 18.0, y + 21.0);
    let model = fit(model.trim_end_matches("-code"), 56.0, SMALL);
    let room = w - 34.0 - 12.0 - 8.0 - width(&model, SMALL);
    text(out, "name", (x + 34.0, y + 25.5), "start", &fit(shown.name, room, NAME));
    text(out, "dim", (x + w - 12.0, y + 25.0), "end", &model);
    text(out, &format!("says {class}"), (x + 34.0, y + 44.0), "start", &fit(&shown.says, w - 46.0, SMALL));
    out.push_str("</g>\n");
}

/// A gate: a diamond with its mark, name and state below.
pub(super) fn gate(out: &mut String, shown: &Shown<'_>, place: &Rect) {
    let (c, r) = (place.center(), place.w / 2.0);
    let class = shown.tone.class();
    let _ = writeln!(out, "<g><title>{}: {}</title>", escaped(shown.name), escaped(&shown.says));
    let (top, left) = (c.y - r, c.x - r);
    let _ = writeln!(
        out,
        "<path class=\"gate box {class}\" stroke-linejoin=\"round\" d=\"M{} {top}l{r} {r}l-{r} {r}l-{r} -{r}z\"/>",
        left + r
    );
    match shown.tone {
        Tone::Blocked => person(out, shown.tone, c.x, c.y),
        tone => mark(out, tone, c.x, c.y),
    }
    let bottom = place.bottom();
    text(out, "name", (c.x, bottom + 15.0), "middle", &fit(shown.name, 120.0, NAME));
    text(out, &format!("says {class}"), (c.x, bottom + 31.0), "middle", &fit(&shown.says, 120.0, SMALL));
    out.push_str("</g>\n");
}

/// A group: a dashed frame that says who is in it and how they stand.
pub(super) fn frame(out: &mut String, scene: &Scene<'_>, frame: &Frame) {
    let Rect { x, y, w, h } = frame.rect;
    let _ =
        writeln!(out, "<rect class=\"frame\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"14\"/>");
    let Some(group) = scene.dag.groups().iter().find(|g| g.id == frame.group) else { return };
    let done = group.members.iter().filter(|m| scene.shown(**m).tone == Tone::Done).count();
    let facts = format!("{done}/{} · {}", group.members.len(), group.policy.as_str().replace('_', " "));
    let name = fit(group.id.as_str(), w - 32.0 - 8.0 - width(&facts, SMALL), NAME);
    text(out, "name", (x + 16.0, y + 21.0), "start", &name);
    text(out, "dim", (x + w - 16.0, y + 21.0), "end", &facts);
}

/// The mark of a status, so that nothing depends on colour alone.
fn mark(out: &mut String, tone: Tone, x: f32, y: f32) {
    let class = tone.class();
    let disc = |out: &mut String, r: f32| {
        let _ = writeln!(out, "<circle class=\"fill {class}\" cx=\"{x}\" cy=\"{y}\" r=\"{r}\"/>");
    };
    let stroke = |out: &mut String, class: &str, d: &str| {
        let _ = writeln!(out, "<path class=\"mark {class}\" d=\"M{x} {y}{d}\"/>");
    };
    match tone {
        Tone::Ready => {
            let _ = writeln!(out, "<circle class=\"mark {class}\" cx=\"{x}\" cy=\"{y}\" r=\"5\"/>");
        }
        Tone::Running => disc(out, 5.5),
        Tone::Done => {
            disc(out, 7.0);
            stroke(out, "on", "m-3 0.2l2.2 2.2l4 -4.4");
        }
        Tone::Failed => {
            disc(out, 7.0);
            stroke(out, "on", "m-2.4 -2.4l4.8 4.8m0 -4.8l-4.8 4.8");
        }
        Tone::Blocked => stroke(out, class, "m-4.5 -0.5h9v6h-9zm2 0v-2.5a2.5 2.5 0 0 1 5 0v2.5"),
        Tone::Review => person(out, tone, x, y),
    }
}

/// Head and shoulders: a person decides here.
fn person(out: &mut String, tone: Tone, x: f32, y: f32) {
    let body = "m-6 7a6 5.5 0 0 1 12 0m-9 -9.5a3 3 0 1 0 6 0a3 3 0 1 0 -6 0";
    let _ = writeln!(out, "<path class=\"mark {}\" d=\"M{x} {y}{body}\"/>", tone.class());
}

fn text(out: &mut String, class: &str, (x, y): (f32, f32), anchor: &str, text: &str) {
    let text = escaped(text);
    let _ =
        writeln!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{text}</text>");
}

/// Estimated width of a text whose average letter has this width; wide scripts count double.
fn width(text: &str, letter: f32) -> f32 {
    text.chars().map(|c| advance(c) * letter).sum()
}

fn advance(c: char) -> f32 {
    match c {
        'i' | 'l' | 'j' | 't' | 'f' | 'r' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | ' ' | '(' | ')'
        | '-' => 0.55,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 1.45,
        'A'..='Z' => 1.15,
        c if u32::from(c) >= 0x1100 => 2.0,
        _ => 1.0,
    }
}

/// The text, cut with an ellipsis where it is wider than the room.
fn fit(text: &str, room: f32, letter: f32) -> String {
    if width(text, letter) <= room {
        return text.to_owned();
    }
    let mut used = 1.5 * letter;
    let mut kept: String = text
        .chars()
        .take_while(|c| {
            used += advance(*c) * letter;
            used <= room
        })
        .collect();
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}
