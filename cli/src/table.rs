//! Aligned columns, in colour and cut to the terminal's width on a terminal, plain and whole elsewhere.

use threados_core::plain::is_seen;

use crate::context::Context;
use crate::paint::Style;

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
        if self.text.is_ascii() { self.text.len() } else { self.text.chars().count() }
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text, Style::Plain)
    }
}

/// Rows of cells; a row of one cell spans the whole width.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<Cell>>,
    /// The column that gives way where the terminal is too narrow.
    pub elastic: usize,
}

impl Table {
    /// A table whose titles are its first row.
    pub fn new(titles: &[&str]) -> Self {
        let titles = titles.iter().map(|t| Cell::new(t, Style::Dim)).collect();
        Self { rows: vec![titles], elastic: usize::MAX }
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
        let mut widths = self.widths();
        let total: usize = widths.iter().map(|w| w + 2).sum::<usize>().saturating_sub(2);
        if let (Some(screen), Some(width)) = (screen, widths.get_mut(self.elastic)) {
            *width = width.saturating_sub(total.saturating_sub(screen)).max(8).min(*width);
        }
        let mut out = String::new();
        for row in &self.rows {
            line(row, &widths, colours, &mut out);
        }
        out
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

fn line(row: &[Cell], widths: &[usize], colours: bool, out: &mut String) {
    let last = row.iter().rposition(|c| !c.text.is_empty()).unwrap_or(0);
    for (i, cell) in row.iter().take(last + 1).enumerate() {
        let room = if row.len() > 1 { widths[i] } else { usize::MAX };
        let cut = cell.width() > room;
        if cut {
            let shown: String = cell.text.chars().take(room.saturating_sub(1)).chain(['…']).collect();
            *out += &cell.style.paint(&shown, colours);
        } else if colours {
            *out += &cell.style.paint(&cell.text, colours);
        } else {
            *out += &cell.text;
        }
        if i < last {
            let pad = if cut { 0 } else { room - cell.width() };
            out.extend(std::iter::repeat_n(' ', pad + 2));
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
}
