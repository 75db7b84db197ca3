//! Which part of the drawing is seen.

use egui::{Pos2, Rect, Vec2, emath::lerp, pos2};

/// The farthest and the closest a person can go: from afar a chain of 20,000 steps fits a small screen.
const ZOOM: std::ops::RangeInclusive<f32> = 0.000_2..=2.5;

/// How long a move of the camera takes, in seconds: long enough for eyes to follow, short enough not to wait for.
pub(super) const MOVE: f32 = 0.12;

/// What is left of the speed of a glide after a second, and below which speed it ends, in points a second.
const FRICTION: f32 = 0.01;
const SLOW: f32 = 30.0;

/// Free room around what is fitted, in points of the screen.
const MARGIN: f32 = 20.0;

/// The place in the middle of the view, and how large a point of the drawing is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// The place of the drawing that is in the middle.
    pub center: Pos2,
    /// Points of the screen a point of the drawing.
    pub zoom: f32,
    goal: Option<Goal>,
    /// How fast it goes on by itself, in points of the screen a second.
    speed: Vec2,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Goal {
    from: (Pos2, f32),
    to: (Pos2, f32),
    done: f32,
}

impl Default for Camera {
    fn default() -> Self {
        Self { center: Pos2::ZERO, zoom: 1.0, goal: None, speed: Vec2::ZERO }
    }
}

impl Camera {
    /// Where a place of the drawing is on the screen.
    pub fn to_screen(&self, view: Rect, at: Pos2) -> Pos2 {
        view.center() + (at - self.center) * self.zoom
    }

    /// Where a rectangle of the drawing is on the screen.
    pub fn rect_to_screen(&self, view: Rect, rect: Rect) -> Rect {
        Rect::from_min_max(self.to_screen(view, rect.min), self.to_screen(view, rect.max))
    }

    /// Which place of the drawing is at a point of the screen.
    pub fn to_drawing(&self, view: Rect, at: Pos2) -> Pos2 {
        self.center + (at - view.center()) / self.zoom
    }

    /// The part of the drawing that is seen.
    pub fn seen(&self, view: Rect) -> Rect {
        Rect::from_min_max(self.to_drawing(view, view.min), self.to_drawing(view, view.max))
    }

    /// Moves with the hand.
    pub fn pan(&mut self, by: Vec2) {
        (self.goal, self.speed) = (None, Vec2::ZERO);
        self.center -= by / self.zoom;
    }

    /// Goes on by itself after the hand has let go, slower and slower.
    pub fn glide(&mut self, speed: Vec2) {
        self.speed = if speed.length() > SLOW { speed } else { Vec2::ZERO };
    }

    /// Moves to a place of the drawing.
    pub fn look_at(&mut self, center: Pos2) {
        self.goal = None;
        self.center = center;
    }

    /// Goes along with a drawing that has moved.
    pub fn shift(&mut self, by: Vec2) {
        self.center += by;
        if let Some(goal) = &mut self.goal {
            goal.from.0 += by;
            goal.to.0 += by;
        }
    }

    /// Where it will be when a move has ended.
    pub fn target(&self) -> (Pos2, f32) {
        self.goal.map_or((self.center, self.zoom), |g| g.to)
    }

    /// Zooms by a factor; what is at `at` stays there.
    pub fn zoom_at(&mut self, view: Rect, at: Pos2, factor: f32) {
        (self.goal, self.speed) = (None, Vec2::ZERO);
        let fixed = self.to_drawing(view, at);
        self.zoom = (self.zoom * factor).clamp(*ZOOM.start(), *ZOOM.end());
        self.center = fixed - (at - view.center()) / self.zoom;
    }

    /// Zooms by a factor around the middle, eased.
    pub fn zoom_by(&mut self, factor: f32, ease: bool) {
        let (center, zoom) = self.target();
        self.go(center, zoom * factor, ease);
    }

    /// Shows all of a part of the drawing, at most in its natural size.
    pub fn fit(&mut self, view: Rect, part: Rect, ease: bool) {
        let room = (view.size() - Vec2::splat(2.0 * MARGIN)).max(Vec2::splat(40.0));
        let zoom = (room.x / part.width().max(1.0)).min(room.y / part.height().max(1.0)).min(1.0);
        self.go(part.center(), zoom, ease);
    }

    /// Brings a part of the drawing into view, without a change of zoom unless it is too small to be read.
    pub fn reveal(&mut self, view: Rect, part: Rect, ease: bool) {
        let zoom = self.zoom.max(0.7);
        if zoom > self.zoom || !self.seen(view).shrink(MARGIN / self.zoom).contains_rect(part) {
            self.go(part.center(), zoom, ease);
        }
    }

    fn go(&mut self, center: Pos2, zoom: f32, ease: bool) {
        let zoom = zoom.clamp(*ZOOM.start(), *ZOOM.end());
        self.speed = Vec2::ZERO;
        if ease {
            self.goal = Some(Goal { from: (self.center, self.zoom), to: (center, zoom), done: 0.0 });
        } else {
            (self.center, self.zoom, self.goal) = (center, zoom, None);
        }
    }

    /// Goes on with a move; whether it is still under way.
    pub fn advance(&mut self, seconds: f32) -> bool {
        if self.speed != Vec2::ZERO {
            self.center -= self.speed * seconds / self.zoom;
            self.speed *= FRICTION.powf(seconds);
            self.glide(self.speed);
        }
        let Some(goal) = &mut self.goal else { return self.speed != Vec2::ZERO };
        goal.done = (goal.done + seconds / MOVE).min(1.0);
        let t = 1.0 - (1.0 - goal.done).powi(3);
        let (from, to) = (goal.from, goal.to);
        self.center = pos2(lerp(from.0.x..=to.0.x, t), lerp(from.0.y..=to.0.y, t));
        self.zoom = from.1 * (to.1 / from.1).powf(t);
        if goal.done >= 1.0 {
            (self.center, self.zoom, self.goal) = (to.0, to.1, None);
        }
        self.goal.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEW: Rect = Rect { min: pos2(100.0, 50.0), max: pos2(900.0, 650.0) };

    #[test]
    fn what_is_under_the_pointer_stays_there() {
        let mut camera = Camera { center: pos2(10.0, 20.0), ..Camera::default() };
        let pointer = pos2(300.0, 200.0);
        let before = camera.to_drawing(VIEW, pointer);
        camera.zoom_at(VIEW, pointer, 1.7);
        assert!((camera.to_drawing(VIEW, pointer) - before).length() < 0.001);
        camera.zoom_at(VIEW, pointer, 1e9);
        assert!((camera.to_drawing(VIEW, pointer) - before).length() < 0.001, "at the end of the zoom, too");
    }

    #[test]
    fn a_fit_shows_all_of_it_and_never_enlarges() {
        let mut camera = Camera::default();
        for part in [
            Rect::from_min_size(pos2(0.0, 0.0), Vec2::new(5000.0, 80.0)),
            Rect::from_min_size(pos2(7.0, 7.0), Vec2::new(10.0, 10.0)),
        ] {
            camera.fit(VIEW, part, false);
            assert!(camera.seen(VIEW).contains_rect(part) && camera.zoom <= 1.0, "{camera:?}");
        }
    }

    #[test]
    fn a_glide_goes_on_the_way_of_the_hand_and_ends() {
        let mut camera = Camera { zoom: 2.0, ..Camera::default() };
        camera.glide(Vec2::new(-400.0, 0.0));
        let frames = (0..600).take_while(|_| camera.advance(1.0 / 60.0)).count();
        assert!((10..300).contains(&frames), "{frames}");
        assert!(camera.center.x > 20.0 && camera.center.y == 0.0, "{camera:?}");
        camera.glide(Vec2::new(5.0, 0.0));
        assert!(!camera.advance(1.0 / 60.0), "a hand that rests lets go without a push");
    }

    #[test]
    fn a_move_ends_where_it_was_to() {
        let mut camera = Camera::default();
        camera.fit(VIEW, Rect::from_min_size(pos2(0.0, 0.0), Vec2::new(5000.0, 80.0)), true);
        assert!(camera.advance(0.05));
        assert!(!camera.advance(0.2));
        assert_eq!(camera.center, pos2(2500.0, 40.0));
    }
}
