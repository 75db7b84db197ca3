//! For the browser: a self-contained SVG that follows the reader's light or dark theme.

mod path;
mod shapes;
mod style;

use std::fmt::Write as _;

pub(super) use style::mark_colors;

use super::{Scene, Tone};
use crate::dag::Statuses;
use crate::layout::{Kind, Layout, Request, layout};
use crate::model::Sequence;

/// The sequence as one SVG document without any outside reference. Sizes in pixels.
pub fn svg(sequence: &Sequence, statuses: &Statuses) -> String {
    let scene = Scene::new(sequence, statuses);
    let request = Request::of(sequence);
    let layout = layout(&request);
    let (w, h) = (layout.bounds.w.max(1.0), layout.bounds.h.max(1.0));
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
         role=\"img\" font-family=\"Inter, system-ui, sans-serif\">"
    );
    let _ = writeln!(out, "<title>{}</title>", escaped(&sequence.name));
    let _ = writeln!(out, "<style>{}</style>", style::sheet());
    let _ = writeln!(out, "<rect class=\"canvas\" width=\"{w}\" height=\"{h}\"/>");
    background(&mut out, &scene, &layout);
    edges(&mut out, &scene, &request, &layout);
    nodes(&mut out, &scene, &request, &layout);
    out.push_str("</svg>\n");
    out
}

fn background(out: &mut String, scene: &Scene<'_>, layout: &Layout) {
    for (i, lane) in layout.lanes.iter().enumerate() {
        if i > 0 {
            let (y, right) = (lane.rect.y, lane.rect.right());
            let _ = writeln!(out, "<path class=\"lane\" d=\"M0 {y}H{right}\"/>");
        }
        if let Some(name) = &lane.name {
            let y = lane.rect.y + 24.0;
            let name = escaped(&name.to_uppercase());
            let _ = writeln!(out, "<text class=\"lane-name\" x=\"24\" y=\"{y}\">{name}</text>");
        }
    }
    for frame in &layout.frames {
        shapes::frame(out, scene, frame);
    }
}

/// Faint edges first, so that the live ones lie on top.
fn edges(out: &mut String, scene: &Scene<'_>, request: &Request, layout: &Layout) {
    let tone = |from: usize| scene.shown[from].tone;
    let mut order: Vec<usize> = (0..request.edges.len()).filter(|e| !layout.edges[*e].is_empty()).collect();
    order.sort_by_key(|e| edge_class(tone(request.edges[*e].0)).1);
    for e in order {
        let (class, _) = edge_class(tone(request.edges[e].0));
        let line = &layout.edges[e];
        let _ = writeln!(out, "<path class=\"edge {class}\" d=\"{}\"/>", path::rounded(line));
        if let Some(tip) = line.last() {
            let (x, y) = (tip.x, tip.y);
            let _ = writeln!(out, "<path class=\"tip {class}\" d=\"M{x} {y}l-7 -4v8z\"/>");
        }
    }
    for (i, node) in request.nodes.iter().enumerate() {
        if let Kind::Watchdog { of } = node.kind
            && layout.nodes[of].bottom() <= layout.nodes[i].y
        {
            let (x, top, end) = (layout.nodes[i].x + 24.0, layout.nodes[of].bottom(), layout.nodes[i].y);
            let _ = writeln!(out, "<path class=\"watch\" d=\"M{x} {top}V{end}\"/>");
        }
    }
}

/// An edge has the colour of its source; what waits is faint. With its place in the drawing.
fn edge_class(tone: Tone) -> (&'static str, u8) {
    match tone {
        Tone::Blocked | Tone::Ready => ("waiting", 0),
        Tone::Done => ("done", 1),
        Tone::Failed => ("failed", 2),
        Tone::Review => ("review", 3),
        Tone::Running => ("running", 4),
    }
}

fn nodes(out: &mut String, scene: &Scene<'_>, request: &Request, layout: &Layout) {
    for (i, node) in request.nodes.iter().enumerate() {
        let (place, shown) = (&layout.nodes[i], &scene.shown[i]);
        match node.kind {
            Kind::Gate => shapes::gate(out, shown, place),
            Kind::Step | Kind::Watchdog { .. } => {
                let model = scene.sequence.steps[i].model.as_str();
                shapes::card(out, shown, model, place);
            }
        }
    }
}

/// Text that cannot leave its element; what XML forbids becomes a replacement character.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::release;

    #[test]
    fn every_node_edge_and_frame_is_drawn_and_text_is_escaped() {
        let (seq, statuses) = release();
        let picture = svg(&seq, &statuses);
        let count = |part: &str| picture.matches(part).count();
        assert_eq!(count("class=\"card "), 7);
        assert_eq!(count("class=\"gate "), 2);
        assert_eq!(count("class=\"edge "), 8);
        assert_eq!(count("class=\"frame\""), 1);
        assert_eq!(count("class=\"watch\""), 1);
        assert!(picture.contains("<title>Plan &lt;the&gt; &quot;release&quot; &amp; more: done</title>"));
        assert!(picture.contains("@media (prefers-color-scheme: dark)"));
        assert!(!picture.contains("Plan <"));
    }

    #[test]
    fn nothing_breaks_out_of_the_document() {
        assert_eq!(escaped("</text>\u{1b}\n'\""), "&lt;/text&gt;\u{fffd} &#39;&quot;");
        assert!(svg(&Sequence::new("empty"), &Statuses::default()).ends_with("</svg>\n"));
    }
}
