//! Nodes at reading distance.

use std::borrow::Cow;

use egui::{Align2, Color32, CornerRadius, FontId, Rect, Shape, Stroke, StrokeKind, pos2, vec2};

use super::Paint;
use super::far::diamond;
use super::marks::mark;
use super::wording::Said;
use crate::scene::{Form, Node, Tone};

/// Radius of a card.
const RADIUS: f32 = 9.0;

/// Smaller than this names and what is said below them cannot be read, in points of the screen.
const NAME: f32 = 9.0;
const SAYS: f32 = 8.0;

/// Widest that the small fact may be.
const FACT: f32 = 60.0;

/// From this zoom on there is room for what runs a step.
const SPARE: f32 = 0.66;

/// How far below a gate its name and its state stand; letters that do not shrink any more need room from each other.
pub(super) fn below_gate(zoom: f32) -> (f32, f32) {
    let first = (13.0 * zoom).max(8.0);
    (first, first + (16.0 * zoom).max(10.5))
}

impl Paint<'_> {
    /// Cards, diamonds and funnels.
    pub(super) fn cards(&self, nodes: &[usize]) {
        for n in nodes {
            match self.scene.nodes[*n].form {
                Form::Card => self.card(*n),
                Form::Funnel => self.funnel(*n),
                Form::Gate => self.gate(*n),
            }
        }
    }

    /// The line around a node: what is quiet has a quiet one.
    fn outline(&self, n: usize) -> Stroke {
        let node = &self.scene.nodes[n];
        let (width, color) = match node.tone {
            _ if self.is_chosen(n) => (2.0, self.theme.ink),
            Tone::Running | Tone::Failed | Tone::Review => (1.2, self.theme.tint(node.tone).mark),
            _ if self.hovered == Some(n) => (1.2, self.theme.dim),
            _ => (1.2, self.theme.strong),
        };
        Stroke::new((width * self.camera.zoom).max(1.0), self.fade(color, self.is_faded(n)))
    }

    fn card(&self, n: usize) {
        let (node, rect, z) = (&self.scene.nodes[n], self.node_rect(n), self.camera.zoom);
        if node.tone == Tone::Running {
            let color = self.fade(self.theme.tint(node.tone).mark, self.is_faded(n));
            self.pulse(rect, RADIUS * z, z, color, self.animate);
        }
        let ground = self.fade(self.theme.raised, self.is_faded(n));
        self.painter.rect(rect, RADIUS * z, ground, self.outline(n), StrokeKind::Inside);
        self.lines(n, rect, ground);
        self.progress(n, rect);
    }

    /// Two rings that breathe around a shape of this radius; `z` is how large they are.
    pub(super) fn pulse(&self, rect: Rect, radius: f32, z: f32, color: Color32, lively: bool) {
        let phase = if lively { (self.seconds / 1.6 * std::f32::consts::TAU).sin() * 0.5 + 0.5 } else { 0.5 };
        for (ring, strength) in [(2.5, 0.32), (5.0, 0.16)] {
            let color = color.gamma_multiply(strength * (0.55 + 0.45 * phase));
            let radius = CornerRadius::from(radius + ring * z);
            let pen = Stroke::new(1.5 * z, color);
            self.painter.rect_stroke(rect.expand(ring * z), radius, pen, StrokeKind::Middle);
        }
    }

    /// Name and model; then why it is as it is, and a small fact.
    fn lines(&self, n: usize, rect: Rect, ground: Color32) {
        let (node, z, faded) = (&self.scene.nodes[n], self.camera.zoom, self.is_faded(n));
        let at = |x: f32, y: f32| rect.min + vec2(x, y) * z;
        // What narrows has less room above and below.
        let nearer = if node.form == Form::Funnel { 2.0 } else { 0.0 };
        let tint = self.theme.tint(node.tone);
        mark(self.painter, at(18.0, 21.0 + nearer), 6.0 * z, node.tone, self.fade(tint.mark, faded), ground);
        let (left, right) = (32.0, rect.width() / z - 13.0);
        let color = |c| self.fade(c, faded);
        // Where letters do not shrink with the card any more, what runs it is left out first.
        let model = if z < SPARE { "" } else { &node.model };
        let small = self.body((11.0 * z).max(8.0));
        let faint = color(self.theme.faint);
        let used = self.text(model, small, 70.0 * z, at(right, 21.0 + nearer), Align2::RIGHT_CENTER, faint);
        let room = rect.width() - (left + 13.0) * z - if used > 0.0 { used + 8.0 * z } else { 0.0 };
        let name = if node.tone == Tone::Waiting { self.theme.dim } else { self.theme.text };
        let font = self.strong((13.0 * z).max(NAME));
        self.text(&node.name, font, room, at(left, 20.0 + nearer), Align2::LEFT_CENTER, color(name));
        // How many become one is what a funnel is about.
        let (font, tone) = match node.form {
            Form::Funnel => (self.strong((12.0 * z).max(SAYS)), self.theme.dim),
            _ => (self.mono((10.5 * z).max(8.0)), self.theme.faint),
        };
        let (place, whole) = (at(right, 41.0 - nearer), rect.width() - (left + 13.0) * z);
        let body = self.body((12.0 * z).max(SAYS));
        let find = || self.said(node, (&font, &body), whole);
        let said = self.wording.borrow_mut().of(n, node.is_timed(), find);
        let fact = if said.fact { node.fact.as_str() } else { "" };
        let used = self.text(fact, font, FACT * z, place, Align2::RIGHT_CENTER, color(tone));
        let room = whole - if used > 0.0 { used + 8.0 * z } else { 0.0 };
        let says = color(self.says_color(node));
        // A point more: what fits is not to be cut for a rounding.
        self.text(&said.line, body, room + 1.0, at(left, 41.0 - nearer), Align2::LEFT_CENTER, says);
    }

    /// What there is room for on the second line; the fonts are those of the fact and of the rest.
    fn said(&self, node: &Node, (small, body): (&FontId, &FontId), whole: f32) -> Said {
        let (wide, gap) = (|text: &str, font: &FontId| self.width(text, font), 8.0 * self.camera.zoom);
        let (beside, own) = (wide(&node.fact, small), wide(&node.line(self.now), body));
        // Why it is as it is comes before what else there is to tell.
        let fact = node.form == Form::Funnel || beside + gap + own <= whole;
        let used =
            if fact { self.galley(&node.fact, small.clone(), FACT * self.camera.zoom).size().x } else { 0.0 };
        let room = whole - if used > 0.0 { used + gap } else { 0.0 };
        Said { fact, line: self.fitting(node, body, room).into() }
    }

    /// Why it is as it is, in as many words as there is room for.
    fn fitting<'n>(&self, node: &'n Node, font: &FontId, room: f32) -> Cow<'n, str> {
        let line = node.line(self.now);
        if !node.is_timed() {
            return self.counted(&line, font, room).map_or(line, Cow::Owned);
        }
        let fits = |line: &str| self.width(line, font) <= room + 1.0;
        if fits(&line) {
            return line;
        }
        let shorter = node.shorter(self.now);
        shorter.into_iter().find(|line| fits(line)).map_or(line, Cow::Owned)
    }

    fn says_color(&self, node: &Node) -> Color32 {
        match node.tone {
            Tone::Running | Tone::Failed | Tone::Review => self.theme.tint(node.tone).text,
            _ => self.theme.dim,
        }
    }

    /// How much of its time a running step has used.
    fn progress(&self, n: usize, rect: Rect) {
        let node = &self.scene.nodes[n];
        let (Some(since), Some(limit)) = (node.since, node.limit_ms) else { return };
        let z = self.camera.zoom;
        let ran = (self.now - since).num_milliseconds().max(0) as f32;
        let part = (ran / limit.max(1) as f32).min(1.0);
        let track = Rect::from_min_max(rect.min + vec2(32.0, 52.0) * z, rect.max - vec2(13.0, 5.5) * z);
        let used = track.with_max_x(track.left() + track.width() * part);
        let faded = self.is_faded(n);
        self.painter.rect_filled(track, z, self.fade(self.theme.line, faded));
        self.painter.rect_filled(used, z, self.fade(self.theme.tint(Tone::Running).mark, faded));
    }

    /// A card that narrows to the right: what merges candidates.
    fn funnel(&self, n: usize) {
        let (rect, z) = (self.node_rect(n), self.camera.zoom);
        let ground = self.fade(self.theme.raised, self.is_faded(n));
        let cut = 12.0 * z;
        let corners = vec![
            rect.left_top(),
            pos2(rect.right(), rect.top() + cut),
            pos2(rect.right(), rect.bottom() - cut),
            rect.left_bottom(),
        ];
        self.painter.add(Shape::convex_polygon(corners, ground, self.outline(n)));
        self.lines(n, rect, ground);
    }

    /// A diamond with its name and state below.
    fn gate(&self, n: usize) {
        let (node, rect, z, faded) =
            (&self.scene.nodes[n], self.node_rect(n), self.camera.zoom, self.is_faded(n));
        let ground = self.fade(self.theme.raised, faded);
        let tint = self.theme.tint(node.tone);
        let line = match node.tone {
            _ if self.is_chosen(n) => self.outline(n),
            Tone::Waiting => Stroke::new(1.4 * z, self.fade(self.theme.dim, faded)),
            _ => Stroke::new(1.6 * z, self.fade(tint.mark, faded)),
        };
        self.painter.add(Shape::convex_polygon(diamond(rect), ground, line));
        mark(self.painter, rect.center(), 9.0 * z, node.tone, self.fade(tint.mark, faded), ground);
        let below = |y: f32| rect.center_bottom() + vec2(0.0, y);
        let (first, second) = below_gate(z);
        let (name, says) = (self.fade(self.theme.text, faded), self.fade(self.says_color(node), faded));
        let room = 150.0 * z;
        self.text(
            &node.name,
            self.strong((12.0 * z).max(NAME)),
            room,
            below(first),
            Align2::CENTER_CENTER,
            name,
        );
        self.text(
            &node.says,
            self.body((11.0 * z).max(SAYS)),
            room,
            below(second),
            Align2::CENTER_CENTER,
            says,
        );
    }
}
