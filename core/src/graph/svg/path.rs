//! Lines with round corners.

use std::fmt::Write as _;

use crate::layout::Point;

/// Radius of a corner, where the pieces beside it are long enough.
const RADIUS: f32 = 8.0;

/// The path of a polyline, its corners rounded.
pub(super) fn rounded(line: &[Point]) -> String {
    let mut path = String::new();
    let Some(first) = line.first() else { return path };
    let _ = write!(path, "M{} {}", first.x, first.y);
    for corner in line.windows(3) {
        let (before, at, after) = (corner[0], corner[1], corner[2]);
        let r = RADIUS.min(length(before, at) / 2.0).min(length(at, after) / 2.0);
        let (enter, leave) = (toward(at, before, r), toward(at, after, r));
        let _ = write!(path, "L{} {}Q{} {} {} {}", enter.x, enter.y, at.x, at.y, leave.x, leave.y);
    }
    if let Some(last) = line.last() {
        let _ = write!(path, "L{} {}", last.x, last.y);
    }
    path
}

fn length(a: Point, b: Point) -> f32 {
    (a.x - b.x).abs() + (a.y - b.y).abs()
}

/// The point `by` away from `from` on the horizontal or vertical way to `to`.
fn toward(from: Point, to: Point, by: f32) -> Point {
    let step = |a: f32, b: f32| if a == b { a } else { a + by * (b - a).signum() };
    Point { x: step(from.x, to.x), y: step(from.y, to.y) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_are_round_but_never_rounder_than_the_pieces_are_long() {
        let p = |x: f32, y: f32| Point { x, y };
        assert_eq!(rounded(&[p(0.0, 0.0), p(9.0, 0.0)]), "M0 0L9 0");
        assert_eq!(
            rounded(&[p(0.0, 0.0), p(20.0, 0.0), p(20.0, 6.0), p(40.0, 6.0)]),
            "M0 0L17 0Q20 0 20 3L20 3Q20 6 23 6L40 6"
        );
    }
}
