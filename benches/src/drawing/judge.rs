//! One judge for the drawings of all engines.

/// A drawing: whatever engine made it.
#[derive(Debug, Clone, Default)]
pub struct Drawing {
    /// Per node: left, top, right, bottom.
    pub nodes: Vec<[f64; 4]>,
    /// Per edge: the corners of its line, curves as many short pieces.
    pub edges: Vec<Vec<[f64; 2]>>,
}

/// What is wrong with a drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdict {
    /// How often lines of two edges cross that share neither end.
    pub crossings: usize,
    /// Edges that run through a node which is not theirs.
    pub through: usize,
    /// Pairs of nodes that cover each other.
    pub overlaps: usize,
    /// Edges of which a piece leads to the left.
    pub backwards: usize,
}

/// So much edges are moved, each its own way, before crossings are counted: what only touches or lies on each other
/// is then counted as what it is, lines that change sides or lines that do not.
const NUDGE: f64 = 1e-4;

struct Piece {
    edge: usize,
    a: [f64; 2],
    b: [f64; 2],
}

impl Piece {
    fn left(&self) -> f64 {
        self.a[0].min(self.b[0])
    }

    fn right(&self) -> f64 {
        self.a[0].max(self.b[0])
    }
}

/// Judges the drawing of a graph with these edges.
pub fn judge(drawing: &Drawing, edges: &[(usize, usize)]) -> Verdict {
    let mut pieces: Vec<Piece> = Vec::new();
    for (edge, line) in drawing.edges.iter().enumerate() {
        let (dx, dy) = (nudge(edge as u64), nudge(!(edge as u64)));
        let moved = |p: [f64; 2]| [p[0] + dx, p[1] + dy];
        pieces.extend(line.windows(2).map(|p| Piece { edge, a: moved(p[0]), b: moved(p[1]) }));
    }
    pieces.sort_by(|p, q| p.left().total_cmp(&q.left()));
    Verdict {
        crossings: crossings(&pieces, edges),
        through: through(&pieces, &drawing.nodes, edges),
        overlaps: overlaps(&drawing.nodes),
        backwards: drawing.edges.iter().filter(|l| l.windows(2).any(|p| p[1][0] < p[0][0] - 1.0)).count(),
    }
}

fn nudge(of: u64) -> f64 {
    let mut x = of.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x ^= x >> 31;
    (x.wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40) as f64 / f64::from(1 << 24) * NUDGE
}

fn crossings(pieces: &[Piece], edges: &[(usize, usize)]) -> usize {
    let mut open: Vec<&Piece> = Vec::new();
    let mut found = 0;
    for piece in pieces {
        open.retain(|p| p.right() >= piece.left());
        let (low, high) = (piece.a[1].min(piece.b[1]), piece.a[1].max(piece.b[1]));
        let (from, to) = edges[piece.edge];
        for other in &open {
            if other.a[1].max(other.b[1]) < low || other.a[1].min(other.b[1]) > high {
                continue;
            }
            let (f, t) = edges[other.edge];
            found += usize::from(f != from && f != to && t != from && t != to && cross(piece, other));
        }
        open.push(piece);
    }
    found
}

/// Whether the ends of each lie on different sides of the other.
fn cross(p: &Piece, q: &Piece) -> bool {
    let side = |a: [f64; 2], b: [f64; 2], c: [f64; 2]| {
        (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) > 0.0
    };
    side(p.a, p.b, q.a) != side(p.a, p.b, q.b) && side(q.a, q.b, p.a) != side(q.a, q.b, p.b)
}

fn through(pieces: &[Piece], nodes: &[[f64; 4]], edges: &[(usize, usize)]) -> usize {
    let mut by_left: Vec<usize> = (0..nodes.len()).collect();
    by_left.sort_by(|a, b| nodes[*a][0].total_cmp(&nodes[*b][0]));
    let widest = nodes.iter().map(|n| n[2] - n[0]).fold(0.0, f64::max);
    let mut hit = vec![false; edges.len()];
    for piece in pieces {
        let first = by_left.partition_point(|n| nodes[*n][0] < piece.left() - widest);
        for &n in by_left[first..].iter().take_while(|n| nodes[**n][0] <= piece.right()) {
            let mine = n == edges[piece.edge].0 || n == edges[piece.edge].1;
            hit[piece.edge] |= !mine && enters(piece, &nodes[n]);
        }
    }
    hit.into_iter().filter(|h| *h).count()
}

/// Whether a piece comes more than a point deep into a box (Liang and Barsky).
fn enters(piece: &Piece, node: &[f64; 4]) -> bool {
    let (mut from, mut to) = (0.0_f64, 1.0_f64);
    for axis in 0..2 {
        let (at, way) = (piece.a[axis], piece.b[axis] - piece.a[axis]);
        let (low, high) = (node[axis] + 1.0, node[axis + 2] - 1.0);
        if way == 0.0 {
            if at <= low || at >= high {
                return false;
            }
        } else {
            let (t, u) = ((low - at) / way, (high - at) / way);
            (from, to) = (from.max(t.min(u)), to.min(t.max(u)));
        }
    }
    from < to
}

fn overlaps(nodes: &[[f64; 4]]) -> usize {
    let mut by_left: Vec<&[f64; 4]> = nodes.iter().collect();
    by_left.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let mut found = 0;
    for (i, a) in by_left.iter().enumerate() {
        let near = by_left[i + 1..].iter().take_while(|b| b[0] < a[2] - 0.5);
        found += near.filter(|b| b[1] < a[3] - 0.5 && a[1] < b[3] - 0.5).count();
    }
    found
}
