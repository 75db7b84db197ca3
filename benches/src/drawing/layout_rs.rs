//! layout-rs. Its edges are given by where they come from and its checks are off: otherwise it does not end on some
//! graphs of 500 nodes.

use layout::core::base::Orientation;
use layout::core::format::{ClipHandle, RenderBackend};
use layout::core::geometry::Point;
use layout::core::style::StyleAttr;
use layout::std_shapes::shapes::{Arrow, Element, ShapeKind};
use layout::topo::layout::VisualGraph;
use threados_core::layout::Request;

use super::peers::flat;
use super::{Drawing, Graph};

/// Its drawing of a graph.
pub fn layout_rs(graph: &Graph) -> Drawing {
    let dir = Orientation::LeftToRight;
    let mut vg = VisualGraph::new(dir);
    vg.dag.set_validate(false);
    let size = Point::new(f64::from(Request::CARD.0), f64::from(Request::CARD.1));
    let handles: Vec<_> = (0..graph.nodes)
        .map(|_| vg.add_node(Element::create(ShapeKind::new_box(""), StyleAttr::simple(), dir, size)))
        .collect();
    let mut order: Vec<usize> = (0..graph.edges.len()).collect();
    order.sort_by_key(|e| graph.edges[*e]);
    for e in &order {
        let (from, to) = graph.edges[*e];
        vg.add_edge(Arrow::simple(""), handles[from], handles[to]);
    }
    let mut pen = Pen::default();
    vg.do_it(false, false, false, &mut pen);
    let nodes = handles.iter().map(|h| {
        let (low, high) = vg.pos(*h).bbox(false);
        [low.x, low.y, high.x, high.y]
    });
    let mut drawing = Drawing { nodes: nodes.collect(), edges: vec![Vec::new(); graph.edges.len()] };
    order.iter().zip(pen.lines).for_each(|(e, line)| drawing.edges[*e] = line);
    drawing
}

/// Keeps the arrows that are drawn.
#[derive(Default)]
struct Pen {
    lines: Vec<Vec<[f64; 2]>>,
}

impl RenderBackend for Pen {
    fn draw_rect(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>, _: Option<ClipHandle>) {}

    fn draw_line(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn draw_circle(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn draw_text(&mut self, _: Point, _: &str, _: &StyleAttr) {}

    fn draw_arrow(
        &mut self,
        path: &[(Point, Point)],
        _: bool,
        _: (bool, bool),
        _: &StyleAttr,
        _: Option<String>,
        _: &str,
    ) {
        // As its own SVG writer reads it: from the first point, with the control point behind it; every further
        // pair is the control point before a point, and the point; a middle point's other one mirrors it.
        let at = |p: Point| [p.x, p.y];
        let mut points = vec![at(path[0].0), at(path[0].1)];
        for (i, (control, point)) in path.iter().enumerate().skip(1) {
            points.extend([at(*control), at(*point)]);
            if i + 1 < path.len() {
                points.push([2.0 * point.x - control.x, 2.0 * point.y - control.y]);
            }
        }
        self.lines.push(flat(&points));
    }

    fn create_clip(&mut self, _: Point, _: Point, _: usize) -> ClipHandle {
        0
    }
}
