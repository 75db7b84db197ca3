//! A unified diff: lines told apart by sign and by shade.

use egui::{Frame, Label, Margin, ScrollArea, Ui};

use super::widget::mono;
use crate::scene::Tone;
use crate::theme::Theme;

/// How many lines are laid out; the rest is told by number.
const MOST: usize = 600;

/// Shows a diff, at most this high.
pub fn show(ui: &mut Ui, name: &str, text: &str, height: f32) {
    let theme = Theme::of(ui.ctx());
    let frame = Frame::new().fill(theme.canvas).corner_radius(8).inner_margin(Margin::symmetric(10, 8));
    frame.show(ui, |ui| {
        ui.take_available_width();
        let area = ScrollArea::both().id_salt(name).max_height(height).auto_shrink([false, true]);
        area.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            let lines = lines(text);
            for line in lines.iter().take(MOST) {
                one(ui, line);
            }
            let more = lines.len().saturating_sub(MOST);
            if more > 0 {
                ui.label(mono(format!("\u{2026} {more} more lines")).color(theme.faint));
            }
        });
    });
}

/// What of a diff is read: of each file the changes with what stands around them, from the line before the first on.
fn lines(text: &str) -> Vec<&str> {
    let (mut lines, mut begins): (Vec<&str>, bool) = (Vec::new(), true);
    for line in text.lines().filter(|line| !line.starts_with("+++")) {
        let is_head = line.starts_with("--- ");
        let changes = !is_head && line.starts_with(['+', '-']);
        begins = is_head || begins && !changes;
        // Before the first change of a file one line is enough, and no mark.
        let before = lines.last().is_some_and(|last| last.starts_with(' '));
        match (begins && !is_head, line.starts_with("@@")) {
            (true, true) => {}
            (true, false) if before => {
                lines.pop();
                lines.push(line);
            }
            _ => lines.push(line),
        }
    }
    lines
}

fn one(ui: &mut Ui, line: &str) {
    let theme = Theme::of(ui.ctx());
    let (text, color) = match line.as_bytes().first() {
        Some(b'-') if line.starts_with("--- ") => (&line[4..], theme.faint),
        // What stands between two places is left out.
        Some(b'@') => ("\u{22ee}", theme.faint),
        Some(b'+') => (line, theme.tint(Tone::Done).text),
        Some(b'-') => (line, theme.tint(Tone::Failed).text),
        _ => (line, theme.dim),
    };
    ui.add(Label::new(mono(text).color(color)).extend());
}

/// How many lines a diff adds and removes.
pub fn counts(text: &str) -> (usize, usize) {
    let count =
        |sign: &str, head: &str| text.lines().filter(|l| l.starts_with(sign) && !l.starts_with(head)).count();
    (count("+", "+++"), count("-", "---"))
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn what_changes_is_seen_first_and_places_do_not_run_together() {
        let text = "--- a\n+++ a\n@@ -1,3 +1,4 @@\n one\n two\n+more\n three\n@@ -9 +10 @@\n nine\n-ten\n\
                    --- b\n+++ b\n@@ -1 +1 @@\n-x\n+y\n";
        let shown =
            ["--- a", " two", "+more", " three", "@@ -9 +10 @@", " nine", "-ten", "--- b", "-x", "+y"];
        assert_eq!(lines(text), shown);
        assert!(lines("").is_empty());
    }
}
