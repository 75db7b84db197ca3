//! What stands on the screen of the mprocs session, ready to be painted.

use vt100::{Color, Screen};

/// A screen, row by row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Picture {
    /// Columns.
    pub cols: u16,
    /// What is written in each row, from the left; what is empty and looks as usual is left out.
    pub rows: Vec<Vec<Stretch>>,
    /// Where the cursor stands: column and row. `None` where it is hidden.
    pub cursor: Option<(u16, u16)>,
}

/// Neighbours that look alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// The first column.
    pub at: u16,
    /// How many columns.
    pub cols: u16,
    /// What is written.
    pub text: String,
    /// How it looks.
    pub look: Look,
}

/// How a stretch looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The colour of the letters.
    pub ink: Shade,
    /// What is behind them.
    pub ground: Shade,
    /// Whether ink and ground change places.
    pub inverse: bool,
    /// Whether it stands out.
    pub bold: bool,
    /// Whether it is underlined.
    pub underline: bool,
}

/// A colour as a terminal has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shade {
    /// As everything that nobody gave a colour.
    Usual,
    /// One of the 256.
    Index(u8),
    /// Any.
    Rgb(u8, u8, u8),
}

impl From<Color> for Shade {
    fn from(color: Color) -> Self {
        match color {
            Color::Default => Self::Usual,
            Color::Idx(index) => Self::Index(index),
            Color::Rgb(r, g, b) => Self::Rgb(r, g, b),
        }
    }
}

impl Look {
    fn of(cell: &vt100::Cell) -> Self {
        Self {
            ink: cell.fgcolor().into(),
            ground: cell.bgcolor().into(),
            inverse: cell.inverse(),
            bold: cell.bold(),
            underline: cell.underline(),
        }
    }

    fn is_usual(self) -> bool {
        self.ground == Shade::Usual && !self.inverse && !self.underline
    }
}

impl Picture {
    /// That of a screen.
    pub fn of(screen: &Screen) -> Self {
        let (rows, cols) = screen.size();
        let (rows, cols) = (rows.get(), cols.get());
        let (row, col) = screen.cursor_position();
        Self {
            cols,
            rows: (0..rows).map(|row| stretches(screen, row, cols)).collect(),
            cursor: (!screen.hide_cursor()).then_some((col, row)),
        }
    }

    /// What is written, a line a row.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let mut at = 0;
            for stretch in row {
                text.extend(std::iter::repeat_n(' ', usize::from(stretch.at - at)));
                text += &stretch.text;
                at = stretch.at + stretch.cols;
            }
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
        }
        text
    }
}

fn stretches(screen: &Screen, row: u16, cols: u16) -> Vec<Stretch> {
    let mut row_of: Vec<Stretch> = Vec::new();
    for col in 0..cols {
        let Some(cell) = screen.cell(row, col).filter(|cell| !cell.is_wide_continuation()) else { continue };
        let look = Look::of(cell);
        let text = if cell.has_contents() { cell.contents() } else { " " };
        // A wide one stands alone: its neighbours would not be where they belong.
        let wide = if cell.is_wide() { 2 } else { 1 };
        match row_of.last_mut() {
            Some(last) if last.look == look && last.at + last.cols == col && wide == 1 && !is_wide(last) => {
                last.text += text;
                last.cols += 1;
            }
            _ if !cell.has_contents() && look.is_usual() => {}
            _ => row_of.push(Stretch { at: col, cols: wide, text: text.to_owned(), look }),
        }
    }
    for stretch in row_of.iter_mut().filter(|s| s.look.is_usual()) {
        let kept = stretch.text.trim_end_matches(' ');
        let dropped = u16::try_from(stretch.text.len() - kept.len()).unwrap_or(0);
        stretch.text.truncate(stretch.text.len() - usize::from(dropped));
        stretch.cols -= dropped;
    }
    row_of.retain(|stretch| stretch.cols > 0);
    row_of
}

fn is_wide(stretch: &Stretch) -> bool {
    stretch.cols == 2 && stretch.text.chars().count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(bytes: &[u8]) -> Picture {
        let [rows, cols] = [3, 12].map(|n: u16| n.try_into().unwrap());
        let mut parser = vt100::Parser::new(rows, cols, 0);
        parser.process(bytes);
        Picture::of(parser.screen())
    }

    #[test]
    fn neighbours_that_look_alike_are_one_stretch_and_the_text_is_as_it_stands() {
        let picture = picture("ab \x1b[31mcd\x1b[0m\r\n  \x1b[7m x \x1b[0m\r\n漢字!".as_bytes());
        assert_eq!(picture.text(), "ab cd\n   x\n漢字!\n");
        let places = |row: usize| -> Vec<(u16, u16, &str)> {
            picture.rows[row].iter().map(|s| (s.at, s.cols, s.text.as_str())).collect()
        };
        assert_eq!(places(0), [(0, 2, "ab"), (3, 2, "cd")]);
        assert_eq!(picture.rows[0][1].look.ink, Shade::Index(1));
        assert_eq!(places(1), [(2, 3, " x ")]);
        assert_eq!(places(2), [(0, 2, "漢"), (2, 2, "字"), (4, 1, "!")]);
        assert_eq!(picture.cursor, Some((5, 2)));
    }
}
