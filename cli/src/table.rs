//! Aligned columns, in colour and cut to the terminal's width on a terminal, plain and whole elsewhere.

use threados_core::plain::is_seen;

use crate::context::Context;
use crate::paint::Style;
use crate::progress::style::{fit, width};

/// One cell.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// Text in a style. What could move a terminal's cursor or cannot be seen is shown as `\u{fffd}`.
    pub fn new(text: impl AsRef<str>, style: Style) -> Self {
        let text = text.as_ref();
        let text = if text.bytes().all(|b| (b' '..0x7f).contains(&b)) {
            text.to_owned()
        } else {
            text.chars().map(|c| if is_seen(c) && !c.is_control() { c } else { '\u{fffd}' }).collect()
        };
        Self { text, style }
    }

    fn width(&self) -> usize {
        if self.text.is_ascii() { self.text.len() } else { width(&self.text) }
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text, Style::Plain)
    }
}

/// A column is hardly cut to less.
const LEAST: usize = 8;

/// Between two columns.
const GAP: usize = 2;

/// Rows of cells; a row of one cell spans the whole width.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<Cell>>,
    /// The column that gives way where the terminal is too narrow.
    pub elastic: usize,
    /// It keeps so much of its width as long as there are columns that can be spared.
    pub least: usize,
    /// The columns that are left out where the terminal is narrower still, the first to go first.
    pub spare: &'static [usize],
}

impl Table {
    /// A table whose titles are its first row.
    pub fn new(titles: &[&str]) -> Self {
        let titles = titles.iter().map(|t| Cell::new(t, Style::Dim)).collect();
        Self { rows: vec![titles], elastic: usize::MAX, least: LEAST, spare: &[] }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The text, every line ended.
    pub fn render(&self, context: &Context) -> String {
        self.render_in(context.width(), context.colours())
    }

    fn render_in(&self, screen: Option<usize>, colours: bool) -> String {
        let widths = self.fitted(screen.unwrap_or(usize::MAX));
        let mut out = String::new();
        for row in &self.rows {
            line(row, &widths, colours, &mut out);
        }
        out
    }

    /// The width of each column on a screen; `None` of one that is left out.
    fn fitted(&self, screen: usize) -> Vec<Option<usize>> {
        let mut widths: Vec<Option<usize>> = self.widths().into_iter().map(Some).collect();
        let least = |widths: &[Option<usize>]| {
            let least = |(at, width): (usize, usize)| {
                if at == self.elastic { width.min(self.least) } else { width }
            };
            let kept = widths.iter().enumerate().filter_map(|(at, width)| Some((at, (*width)?)));
            kept.map(|column| least(column) + GAP).sum::<usize>().saturating_sub(GAP)
        };
        for spare in self.spare {
            if least(&widths) <= screen {
                break;
            }
            widths[*spare] = None;
        }
        let total = widths.iter().flatten().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP);
        if let Some(Some(width)) = widths.get_mut(self.elastic) {
            *width = width.saturating_sub(total.saturating_sub(screen)).max(LEAST).min(*width);
        }
        widths
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths = Vec::new();
        for row in self.rows.iter().filter(|r| r.len() > 1) {
            for (i, cell) in row.iter().enumerate() {
                if i == widths.len() {
                    widths.push(0);
                }
                widths[i] = widths[i].max(cell.width());
            }
        }
        widths
    }
}

fn line(row: &[Cell], widths: &[Option<usize>], colours: bool, out: &mut String) {
    let spans = row.len() == 1;
    let room = |at: usize| if spans { Some(usize::MAX) } else { widths[at] };
    let shown: Vec<(&Cell, usize)> =
        row.iter().enumerate().filter_map(|(at, cell)| Some((cell, room(at)?))).collect();
    let last = shown.iter().rposition(|(cell, _)| !cell.text.is_empty()).unwrap_or(0);
    for (i, (cell, room)) in shown.into_iter().take(last + 1).enumerate() {
        let mut taken = cell.width();
        if taken > room {
            let cut = fit(&cell.text, room, true);
            taken = width(&cut);
            *out += &cell.style.paint(&cut, colours);
        } else if colours {
            *out += &cell.style.paint(&cell.text, colours);
        } else {
            *out += &cell.text;
        }
        if i < last {
            out.extend(std::iter::repeat_n(' ', room - taken + GAP));
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&["ID", "WHAT", "MODEL"]);
        table.row(vec!["a".into(), Cell::new("a long story \x1b[2J", Style::Red), "shell".into()]);
        table.row(vec!["one cell spans it all, however long".into()]);
        table.row(vec!["bb".into(), "".into(), "".into()]);
        table
    }

    #[test]
    fn plain_columns_are_aligned_and_whole_and_control_characters_do_no_harm() {
        let text = table().render_in(None, false);
        let expected = "ID  WHAT               MODEL\na   a long story \u{fffd}[2J  shell\none cell spans it all, however long\nbb\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_narrow_terminal_cuts_the_elastic_column() {
        let mut table = table();
        table.elastic = 1;
        let text = table.render_in(Some(20), false);
        assert_eq!(text.lines().nth(1), Some("a   a long s…  shell"));
    }

    #[test]
    fn a_letter_of_two_columns_takes_two() {
        let mut table = Table::new(&["ID", "WHAT", "MODEL"]);
        table.row(vec!["a".into(), "漢字漢字漢".into(), "shell".into()]);
        table.elastic = 1;
        assert_eq!(table.render_in(None, false), "ID  WHAT        MODEL\na   漢字漢字漢  shell\n");
        assert_eq!(table.render_in(Some(20), false), "ID  WHAT       MODEL\na   漢字漢字…  shell\n");
    }

    #[test]
    fn a_narrower_terminal_does_without_what_can_be_spared() {
        let mut table = table();
        (table.elastic, table.spare) = (1, &[2, 1]);
        let second = |screen| table.render_in(Some(screen), false).lines().nth(1).unwrap().to_owned();
        assert_eq!(second(19), "a   a long …  shell");
        assert_eq!(second(18), "a   a long story …");
        assert_eq!(second(11), "a");
    }
}
