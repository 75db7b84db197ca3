//! Nodes that are hardly larger than a dot of the screen: as many quads as there are runs of equal dots, not as there are
//! nodes.

use egui::{Color32, Mesh, Pos2, Rect, Vec2, vec2};

/// The side of a dot, in points of the screen.
const DOT: f32 = 1.5;

/// Room for dots. They keep their places in the drawing while the view moves, so that nothing flickers.
pub(super) struct Dots {
    origin: Pos2,
    columns: usize,
    rows: usize,
    /// What is painted where; 0 is nothing.
    inks: Vec<u8>,
    /// The first and the last row in which anything is.
    used: Option<(usize, usize)>,
}

impl Dots {
    /// Room in an area of the screen; `anchor` is where a fixed place of the drawing is.
    pub(super) fn new(area: Rect, anchor: Pos2) -> Self {
        let first = ((area.min - anchor) / DOT).floor();
        let origin = anchor + first * DOT;
        let count = ((area.max - origin) / DOT).ceil().max(Vec2::splat(1.0));
        let (columns, rows) = (count.x as usize, count.y as usize);
        Self { origin, columns, rows, inks: vec![0; columns * rows], used: None }
    }

    /// Paints a rectangle, at least one dot of it. What is there stays where `over` says no to it.
    pub(super) fn paint(&mut self, rect: Rect, ink: u8, over: impl Fn(u8) -> bool) {
        let (min, max) = ((rect.min - self.origin) / DOT, (rect.max - self.origin) / DOT);
        let part = |low: f32, high: f32, count: usize| {
            let from = low.floor().max(0.0) as usize;
            from..(high.round().max(low.floor() + 1.0).max(0.0) as usize).min(count)
        };
        let (across, down) = (part(min.x, max.x, self.columns), part(min.y, max.y, self.rows));
        if across.is_empty() || down.is_empty() {
            return;
        }
        let (first, last) = self.used.unwrap_or((down.start, down.start));
        self.used = Some((first.min(down.start), last.max(down.end - 1)));
        for row in down {
            for there in &mut self.inks[row * self.columns..][across.clone()] {
                if *there == 0 || over(*there) {
                    *there = ink;
                }
            }
        }
    }

    /// Each run of equal dots, row by row.
    pub(super) fn runs(&self) -> impl Iterator<Item = (u8, Rect)> + '_ {
        let rows = self.used.map_or(0..0, |(first, last)| first..last + 1);
        rows.flat_map(move |row| {
            let inks = &self.inks[row * self.columns..][..self.columns];
            let mut at = 0;
            inks.chunk_by(|a, b| a == b).filter_map(move |run| {
                let from = at;
                at += run.len();
                let min = self.origin + vec2(from as f32, row as f32) * DOT;
                (run[0] > 0).then(|| (run[0], Rect::from_min_size(min, vec2(run.len() as f32, 1.0) * DOT)))
            })
        })
    }

    /// All of it, in these colours.
    pub(super) fn fill(&self, mesh: &mut Mesh, color: impl Fn(u8) -> Color32) {
        self.runs().for_each(|(ink, rect)| mesh.add_colored_rect(rect, color(ink)));
    }
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    fn at(x: f32, y: f32) -> Rect {
        Rect::from_min_size(pos2(x, y), vec2(0.1, 0.1))
    }

    #[test]
    fn equal_dots_of_a_row_are_one_run_and_none_is_lost() {
        let area = Rect::from_min_size(pos2(10.0, 10.0), vec2(30.0, 30.0));
        let mut dots = Dots::new(area, pos2(10.0, 10.0));
        for x in [10.0, 11.6, 13.1, 20.0] {
            dots.paint(at(x, 14.0), 1, |_| true);
        }
        dots.paint(at(11.6, 14.0), 2, |_| false);
        dots.paint(Rect::from_min_size(pos2(25.0, 20.5), vec2(3.0, 3.0)), 3, |_| true);
        // Outside, and at the very edge of it.
        dots.paint(at(-50.0, 14.0), 4, |_| true);
        dots.paint(at(39.9, 39.9), 5, |_| true);
        let runs: Vec<(u8, f32, f32)> = dots.runs().map(|(ink, r)| (ink, r.left(), r.width())).collect();
        assert_eq!(
            runs,
            [(1, 10.0, 4.5), (1, 19.0, 1.5), (3, 25.0, 3.0), (3, 25.0, 3.0), (5, 38.5, 1.5)],
            "{runs:?}"
        );
    }

    #[test]
    fn dots_move_with_the_drawing() {
        let area = Rect::from_min_size(pos2(0.0, 0.0), vec2(60.0, 60.0));
        let seen = |by: f32| {
            let mut dots = Dots::new(area, pos2(by, 0.0));
            dots.paint(at(20.2 + by, 7.0), 1, |_| true);
            dots.runs().next().map(|(_, rect)| rect.left() - by)
        };
        assert_eq!(seen(0.0), Some(19.5));
        assert_eq!(seen(0.5), Some(19.5));
        assert_eq!(seen(-7.25), Some(19.5));
    }
}
