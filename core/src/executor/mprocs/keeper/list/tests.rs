use std::num::NonZeroU16;

use super::*;
use crate::id::StepId;

/// A list of two steps with panes of their own and two slots at least, drawn as mprocs draws it.
struct Bed {
    list: List,
    drawn: vt100::Parser,
    shown: vt100::Parser,
}

impl Bed {
    fn new() -> Self {
        let ids: Vec<StepId> = ["build", "wide"].map(|id| id.parse().unwrap()).to_vec();
        let layout = Layout::new(ids.iter().zip(["Build it", "日本"]), 1);
        let parser = || vt100::Parser::new(NonZeroU16::new(9).unwrap(), NonZeroU16::new(60).unwrap(), 0);
        Self { list: List::new(&layout), drawn: parser(), shown: parser() }
    }

    fn draw(&mut self, bytes: &str) {
        self.drawn.process(bytes.as_bytes());
        self.shown.process(bytes.as_bytes());
    }

    /// Draws rows of these names, the first of them selected, all of them up.
    fn rows(&mut self, names: &[&str]) {
        let width = usize::from(self.list.width);
        let mut out = format!("\x1b[H┏{TITLE:━<0$}┓\x1b[31mstep", width - 2);
        for (row, name) in names.iter().enumerate() {
            let columns: usize = name.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
            let pad = " ".repeat(width - 3 - 4 - columns);
            let mark = if row == 0 { "\x1b[48;5;240m•" } else { " " };
            out += &format!("\x1b[{};1H┃{mark}{name}{pad} UP \x1b[49m┃", row + 2);
        }
        out += &format!("\x1b[{};1H┗\x1b[3;50H\x1b[32m", names.len() + 2);
        self.draw(&out);
    }

    fn note(&mut self, notes: &[(usize, &str, StepStatus)]) {
        let note = |(place, step, status): &(usize, &str, StepStatus)| PaneNote {
            place: *place,
            step: step.parse().unwrap(),
            status: *status,
        };
        self.list.note(notes.iter().map(note).collect());
    }

    /// Draws what has to be drawn on top.
    fn over(&mut self) -> String {
        let over = self.list.over(self.drawn.screen(), self.shown.screen());
        self.shown.process(over.as_bytes());
        over
    }

    fn shown(&self, row: u16) -> String {
        text(self.shown.screen(), row, 0, self.list.width)
    }
}

#[test]
fn the_status_of_each_step_stands_where_mprocs_says_up_and_a_slot_is_called_by_its_step() {
    let mut bed = Bed::new();
    bed.rows(&["Build it", "日本", "(slot 1)", "(slot 2)"]);
    assert_eq!(bed.over(), "", "nothing is known");
    bed.note(&[
        (0, "build", StepStatus::NeedsReview),
        (1, "wide", StepStatus::Running),
        (2, "late", StepStatus::Done),
    ]);
    assert_ne!(bed.over(), "");
    let rows: Vec<String> = (1..5).map(|row| bed.shown(row)).collect();
    assert!(rows[0].starts_with("┃•Build it ") && rows[0].ends_with(" NEEDS_REVIEW ┃"), "{rows:#?}");
    assert!(rows[1].starts_with("┃ 日本 ") && rows[1].ends_with(" RUNNING ┃"), "{rows:#?}");
    assert!(rows[2].starts_with("┃ late ") && rows[2].ends_with(" DONE ┃"), "{rows:#?}");
    assert!(rows[3].starts_with("┃ (slot 2) ") && rows[3].ends_with(" UP ┃"), "{rows:#?}");
    assert_eq!(bed.over(), "", "it stands there already");
}

#[test]
fn letters_of_two_columns_which_mprocs_loses_are_drawn_too() {
    let mut bed = Bed::new();
    bed.rows(&["Build it", "    ", "(slot 1)"]);
    bed.note(&[(1, "wide", StepStatus::Running)]);
    bed.over();
    assert!(bed.shown(2).starts_with("┃ 日本  ") && bed.shown(2).ends_with(" RUNNING ┃"), "{}", bed.shown(2));
    assert_eq!(bed.over(), "", "it stands there already");
    assert!(bed.shown(3).ends_with(" UP ┃"));
}

#[test]
fn mprocs_goes_on_drawing_as_if_nothing_had_been_drawn_over() {
    let mut bed = Bed::new();
    bed.rows(&["Build it"]);
    bed.note(&[(0, "build", StepStatus::Failed)]);
    bed.over();
    let (drawn, shown) = (bed.drawn.screen(), bed.shown.screen());
    assert_eq!(shown.cursor_position(), drawn.cursor_position());
    assert_eq!(shown.attributes_formatted(), drawn.attributes_formatted());
    let selected = shown.cell(1, bed.list.width - 3).unwrap();
    assert_eq!((selected.bgcolor(), selected.fgcolor()), (Color::Idx(240), Color::Idx(9)));
    // Its word, drawn anew, does not stay; a shorter one leaves nothing of the longer.
    let again = format!("\x1b[2;{}H UP ", bed.list.width - 4);
    bed.draw(&again);
    assert!(bed.shown(1).ends_with(" UP ┃"), "{}", bed.shown(1));
    bed.over();
    assert!(bed.shown(1).ends_with("  FAILED ┃"), "{}", bed.shown(1));
    bed.note(&[(0, "build", StepStatus::Done)]);
    bed.over();
    assert!(bed.shown(1).ends_with("    DONE ┃"), "{}", bed.shown(1));
}

#[test]
fn a_list_that_is_scrolled_is_known_by_its_names_and_none_is_drawn_where_there_is_none() {
    let mut bed = Bed::new();
    bed.rows(&["日本", "(slot 1)"]);
    bed.note(&[(0, "build", StepStatus::Failed), (1, "wide", StepStatus::Running)]);
    bed.over();
    assert!(bed.shown(1).ends_with(" RUNNING ┃") && bed.shown(2).ends_with(" UP ┃"), "{}", bed.shown(1));
    let mut bed = Bed::new();
    bed.note(&[(0, "build", StepStatus::Failed)]);
    bed.rows(&["something else"]);
    assert_eq!(bed.over(), "");
    bed.draw("\x1b[2J\x1b[Ha step that has the whole screen\r\n│ Build it    UP │");
    assert_eq!(bed.over(), "");
}

#[test]
fn nothing_is_drawn_within_a_sequence_or_a_letter() {
    let whole = "a\x1b[38;5;240m\x1b]0;title\x07\x1b]52;c;eA==\x1b\\é日\x1b(B🦀\x1b[?25l".as_bytes();
    let ends: Vec<usize> = (1..=whole.len())
        .filter(|end| {
            let mut within = Within::default();
            within.feed(&whole[..*end]);
            within == Within::Nothing
        })
        .collect();
    // After the letter, each sequence, each letter of several bytes.
    assert_eq!(ends, [1, 12, 22, 35, 37, 40, 43, 47, 53]);
}
