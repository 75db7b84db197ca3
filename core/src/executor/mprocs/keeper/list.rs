//! What the list of panes says of each step. mprocs knows of a pane that it is up, so the step's status is drawn over
//! its word on the way to whoever looks on. mprocs hears nothing of it: no key is pressed, nobody's selection moves.

use std::fmt::Write as _;
use std::num::NonZeroU16;

use vt100::{Cell, Color, Screen};

use super::super::config::TITLE;
use super::super::{Layout, PaneName, PaneNote};
use crate::model::StepStatus;

/// What mprocs says of a pane that lives, at the end of its row.
const UP: &str = " UP ";
/// The frame at the left and at the right of a row, without and with the focus.
const FRAME: [&str; 2] = ["│", "┃"];

/// The list of a session.
pub(super) struct List {
    panes: Vec<(PaneName, Label)>,
    width: u16,
    notes: Vec<PaneNote>,
}

/// The name of a pane.
struct Label {
    name: String,
    /// The same as mprocs draws it: it loses every letter that takes two columns.
    drawn: String,
    /// What stands in each column; nothing in the second one of a wide letter.
    letters: Vec<String>,
}

impl Label {
    fn new(name: &str) -> Self {
        let columns = u16::try_from(2 * name.chars().count()).unwrap_or(u16::MAX);
        let columns = NonZeroU16::new(columns).unwrap_or(NonZeroU16::MIN);
        let mut paper = vt100::Parser::new(NonZeroU16::MIN, columns, 0);
        paper.process(name.as_bytes());
        let cells: Vec<&Cell> = (0..columns.get()).filter_map(|c| paper.screen().cell(0, c)).collect();
        let is_half = |cell: &Cell| cell.is_wide() || cell.is_wide_continuation();
        let drawn: String = cells.iter().map(|cell| if is_half(cell) { " " } else { shown(cell) }).collect();
        let letter =
            |cell: &&Cell| if cell.is_wide_continuation() { String::new() } else { shown(cell).to_owned() };
        let name = name.trim_end().to_owned();
        Self { letters: cells.iter().map(letter).collect(), drawn: drawn.trim_end().to_owned(), name }
    }

    fn is_wide(&self) -> bool {
        self.letters.iter().any(String::is_empty)
    }

    /// Whether this is what stands in a row, before mprocs' word.
    fn stands_in(&self, row: &str) -> bool {
        let cut = !row.ends_with(' ');
        [&self.name, &self.drawn]
            .into_iter()
            .any(|name| name == row.trim_end() || (cut && name.starts_with(row)))
    }
}

/// How one column of a row looks.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Look {
    text: String,
    foreground: Color,
    background: Color,
    bold: bool,
}

impl List {
    pub fn new(layout: &Layout) -> Self {
        let panes = layout.panes().iter().map(|pane| (pane.name.clone(), Label::new(&pane.label)));
        let width = u16::try_from(layout.list_width()).unwrap_or(u16::MAX);
        Self { panes: panes.collect(), width, notes: Vec::new() }
    }

    /// How many panes there are.
    pub fn len(&self) -> usize {
        self.panes.len()
    }

    /// How the steps stand from now on.
    pub fn note(&mut self, notes: Vec<PaneNote>) {
        self.notes = notes;
    }

    /// What has to be drawn on top of what is shown: `drawn` is the screen as mprocs has drawn it.
    pub fn over(&self, drawn: &Screen, shown: &Screen) -> String {
        let mut out = String::new();
        for (row, place) in self.places(drawn) {
            let Some(note) = self.notes.iter().find(|note| note.place == place) else { continue };
            let looks = self.looks(drawn, row, place, note);
            let same = |(column, look): (u16, &Look)| {
                shown.cell(row, column).is_some_and(|cell| is(cell, look)) || look.text.is_empty()
            };
            if !(2..).zip(&looks).all(same) {
                draw(&mut out, row, &looks);
            }
        }
        if !out.is_empty() {
            out.push_str(&shown.cursor_state_formatted());
            out.push_str(&shown.attributes_formatted());
        }
        out
    }

    /// The rows of panes that are up, and which those are. The list may be scrolled, cut, covered or not be there.
    fn places(&self, drawn: &Screen) -> Vec<(u16, usize)> {
        let (rows, columns) = drawn.size();
        let head = text(drawn, 0, 1, self.width);
        if columns.get() < self.width || !head.starts_with(TITLE) {
            return Vec::new();
        }
        let labels: Vec<(u16, String)> =
            (1..rows.get()).map_while(|row| self.label(drawn, row).map(|label| (row, label))).collect();
        let fits = |first: usize, row: u16, label: &str| {
            let pane = self.panes.get(first + usize::from(row) - 1);
            !label.is_empty() && pane.is_some_and(|(_, own)| own.stands_in(label))
        };
        let matching = |first: usize| labels.iter().filter(move |(row, label)| fits(first, *row, label));
        // The first of equals: labels that are cut may look the same.
        let first = (0..self.len()).rev().max_by_key(|first| matching(*first).count()).unwrap_or_default();
        matching(first).map(|(row, _)| (*row, first + usize::from(*row) - 1)).collect()
    }

    /// What stands before the word of a row, empty where it has none; `None` below the last row.
    fn label(&self, drawn: &Screen, row: u16) -> Option<String> {
        let framed = |column: u16| drawn.cell(row, column).is_some_and(|c| FRAME.contains(&c.contents()));
        if !framed(0) || !framed(self.width - 1) {
            return None;
        }
        let body = text(drawn, row, 2, self.width - 1);
        Some(body.strip_suffix(UP).unwrap_or_default().to_owned())
    }

    /// The row as it should look, from the third column to the frame: the step's id where mprocs only has a number,
    /// the status where it says that the pane is up.
    fn looks(&self, drawn: &Screen, row: u16, place: usize, note: &PaneNote) -> Vec<Look> {
        let plain = |column: u16, text: &str| {
            let background = drawn.cell(row, column).map_or(Color::Default, Cell::bgcolor);
            Look { text: text.to_owned(), foreground: Color::Default, background, bold: false }
        };
        let columns = 2..self.width - 1;
        let is_slot = matches!(self.panes.get(place), Some((PaneName::Slot(_), _)));
        let up = self.width - 1 - 4;
        let mut looks: Vec<Look> = columns
            .clone()
            .map(|column| match drawn.cell(row, column) {
                Some(cell) if !is_slot && column < up => Look {
                    text: if cell.is_wide_continuation() { String::new() } else { shown(cell).to_owned() },
                    foreground: cell.fgcolor(),
                    background: cell.bgcolor(),
                    bold: cell.bold(),
                },
                _ => plain(column, " "),
            })
            .collect();
        if is_slot {
            for (look, letter) in looks.iter_mut().zip(note.step.as_str().chars()) {
                look.text = letter.to_string();
            }
        }
        let word = format!(" {} ", note.status);
        let begin = looks.len().saturating_sub(word.len());
        let own = self.panes.get(place).map(|(_, own)| own).filter(|own| !is_slot && own.is_wide());
        if let Some(own) = own {
            for (look, letter) in looks[..begin].iter_mut().zip(&own.letters) {
                look.text.clone_from(letter);
            }
        }
        let (foreground, bold) = tone(note.status);
        for (look, letter) in looks[begin..].iter_mut().zip(word.chars()) {
            *look = Look { text: letter.to_string(), foreground, bold, ..look.clone() };
        }
        let halved = drawn.cell(row, 1 + u16::try_from(begin).unwrap_or_default()).is_some_and(Cell::is_wide)
            || own.is_some_and(|own| own.letters.get(begin).is_some_and(String::is_empty));
        // Half of a wide letter is none.
        if let Some(before) = begin.checked_sub(1).and_then(|at| looks.get_mut(at))
            && halved
        {
            " ".clone_into(&mut before.text);
        }
        looks
    }
}

/// The colours that mprocs has for what is up, has ended well, and has not.
fn tone(status: StepStatus) -> (Color, bool) {
    match status {
        StepStatus::Running => (Color::Idx(10), true),
        StepStatus::NeedsReview => (Color::Idx(11), true),
        StepStatus::Done => (Color::Idx(12), false),
        StepStatus::Failed => (Color::Idx(9), true),
        StepStatus::Ready | StepStatus::Blocked => (Color::Default, false),
    }
}

fn shown(cell: &Cell) -> &str {
    if cell.has_contents() { cell.contents() } else { " " }
}

fn is(cell: &Cell, look: &Look) -> bool {
    shown(cell) == look.text
        && cell.fgcolor() == look.foreground
        && cell.bgcolor() == look.background
        && cell.bold() == look.bold
}

/// The text of some columns of a row.
fn text(screen: &Screen, row: u16, from: u16, to: u16) -> String {
    let cells = (from..to).filter_map(|column| screen.cell(row, column));
    cells.filter(|cell| !cell.is_wide_continuation()).map(shown).collect()
}

fn draw(out: &mut String, row: u16, looks: &[Look]) {
    // What is written to a string cannot fail.
    let _ = write!(out, "\x1b[{};3H", row + 1);
    let mut before: Option<&Look> = None;
    for look in looks {
        if before.is_none_or(|b| {
            (b.foreground, b.background, b.bold) != (look.foreground, look.background, look.bold)
        }) {
            let _ = write!(out, "\x1b[0{}", if look.bold { ";1" } else { "" });
            colour(out, 38, look.foreground);
            colour(out, 48, look.background);
            out.push('m');
        }
        out.push_str(&look.text);
        before = Some(look);
    }
}

fn colour(out: &mut String, code: u8, colour: Color) {
    let _ = match colour {
        Color::Default => Ok(()),
        Color::Idx(index) => write!(out, ";{code};5;{index}"),
        Color::Rgb(r, g, b) => write!(out, ";{code};2;{r};{g};{b}"),
    };
}

/// Whether what was drawn so far ends where something else can be drawn: not within a sequence or a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Within {
    #[default]
    Nothing,
    Escape,
    Sequence,
    /// Text for the terminal itself, to a bell or an escape.
    Text,
    TextEscape,
    /// A letter of which so many bytes are missing.
    Letter(u8),
}

impl Within {
    pub fn feed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            *self = self.after(*byte);
        }
    }

    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Text, 0x07) | (Self::TextEscape, b'\\') => Self::Nothing,
            (Self::Text | Self::TextEscape, 0x1b) => Self::TextEscape,
            (Self::Text, _) => Self::Text,
            (Self::Letter(left), 0x80..=0xbf) if left > 1 => Self::Letter(left - 1),
            (Self::Letter(_), 0x80..=0xbf) => Self::Nothing,
            (Self::Sequence, 0x20..=0x3f) => Self::Sequence,
            (Self::Sequence, 0x40..=0x7e) => Self::Nothing,
            (Self::Escape | Self::TextEscape, b'[') => Self::Sequence,
            (Self::Escape | Self::TextEscape, b']' | b'P' | b'X' | b'^' | b'_') => Self::Text,
            (Self::Escape | Self::TextEscape, 0x20..=0x2f) => Self::Escape,
            (_, 0x1b) => Self::Escape,
            (_, 0xc0..=0xdf) => Self::Letter(1),
            (_, 0xe0..=0xef) => Self::Letter(2),
            (_, 0xf0..=0xf7) => Self::Letter(3),
            (_, _) => Self::Nothing,
        }
    }
}

#[cfg(test)]
mod tests;
