//! The engines of others.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rust_sugiyama::configure::Config;
use threados_core::layout::{Layout, Request};

use super::{Drawing, Graph};

/// Pieces a curve is drawn with.
const PIECES: usize = 8;

/// Bytes of stack for a peer: what is not touched costs nothing.
const STACK: usize = 4 << 30;

/// A drawing of the core's.
pub fn ours(layout: &Layout) -> Drawing {
    let node = |r: &threados_core::layout::Rect| [r.x, r.y, r.right(), r.bottom()].map(f64::from);
    let line = |l: &Vec<threados_core::layout::Point>| l.iter().map(|p| [p.x, p.y].map(f64::from)).collect();
    Drawing { nodes: layout.nodes.iter().map(node).collect(), edges: layout.edges.iter().map(line).collect() }
}

/// Graphviz dot, as a process; `None` where it takes longer than this.
pub fn dot(graph: &Graph, limit: Duration) -> Option<(Duration, Drawing)> {
    use std::fmt::Write as _;
    let (w, h) = (f64::from(Request::CARD.0) / 72.0, f64::from(Request::CARD.1) / 72.0);
    let mut text = format!(
        "digraph {{ rankdir=LR; nodesep=0.33; ranksep=0.67; node [shape=box, fixedsize=true, width={w}, height={h}, label=\"\"];\n"
    );
    (0..graph.nodes).for_each(|i| writeln!(text, "{i};").expect("a text takes it"));
    graph.edges.iter().for_each(|(a, b)| writeln!(text, "{a} -> {b};").expect("a text takes it"));
    text.push('}');
    let start = Instant::now();
    let seconds = limit.as_secs().max(1).to_string();
    let mut child = Command::new("timeout")
        .args([&seconds, "dot", "-Tplain"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take()?;
    let feeder = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().ok()?;
    let took = start.elapsed();
    drop(feeder.join());
    output.status.success().then(|| (took, plain(&String::from_utf8_lossy(&output.stdout), graph)))
}

/// The folder of modules in which dagre and ELK are looked for.
pub const NODE_MODULES: &str = "THREADOS_NODE_MODULES";

/// The module of an engine that runs in node: `dagre` or `elk`; `None` where it is not there.
fn module(engine: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os(NODE_MODULES)?);
    let folder = folder.canonicalize().ok()?;
    folder.join(if engine == "elk" { "elkjs" } else { "@dagrejs/dagre" }).is_dir().then_some(folder)
}

/// Whether an engine that runs in node can be measured here; otherwise what is missing.
///
/// # Errors
/// What is missing, in a sentence.
pub fn is_there(engine: &str) -> Result<(), String> {
    match (crate::have("node"), module(engine)) {
        (false, _) => Err(format!("node is not installed: {engine} is left out")),
        (true, None) => Err(format!(
            "{engine} is left out: {NODE_MODULES} names no folder that holds it (npm install @dagrejs/dagre elkjs)"
        )),
        (true, Some(_)) => Ok(()),
    }
}

/// dagre or ELK, as a process of node. The time is what the engine itself took: the start of node is not its fault.
pub fn in_node(engine: &str, graph: &Graph, limit: Duration) -> Option<(Duration, Drawing)> {
    let (width, height) = Request::CARD;
    let given =
        serde_json::json!({ "nodes": graph.nodes, "edges": graph.edges, "width": width, "height": height });
    let mut child = Command::new("timeout")
        .arg(limit.as_secs().max(1).to_string())
        .args(["node", "--stack-size=4000", "--max-old-space-size=8192"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/engines.cjs"))
        .arg(engine)
        .env(NODE_MODULES, module(engine)?)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take()?;
    let feeder = std::thread::spawn(move || stdin.write_all(given.to_string().as_bytes()));
    let output = child.wait_with_output().ok()?;
    drop(feeder.join());
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    let part = |name: &str| told.get(name).cloned();
    let ms: f64 = serde_json::from_value(part("ms")?).ok()?;
    let nodes = serde_json::from_value(part("nodes")?).ok()?;
    let edges = serde_json::from_value(part("edges")?).ok()?;
    Some((Duration::from_secs_f64(ms / 1000.0), Drawing { nodes, edges }))
}

/// Reads what `dot -Tplain` writes: inches, y upwards.
fn plain(text: &str, graph: &Graph) -> Drawing {
    let mut drawing =
        Drawing { nodes: vec![[0.0; 4]; graph.nodes], edges: vec![Vec::new(); graph.edges.len()] };
    let index: std::collections::HashMap<(usize, usize), usize> =
        graph.edges.iter().enumerate().map(|(i, e)| (*e, i)).collect();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |i: usize| words[i].parse::<f64>().unwrap_or(0.0) * 72.0;
        match words.first() {
            Some(&"node") => {
                let (x, y, w, h) = (number(2), -number(3), number(4), number(5));
                let node = words[1].parse::<usize>().expect("a number");
                drawing.nodes[node] = [x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0];
            }
            Some(&"edge") => {
                let end = |i: usize| words[i].parse::<usize>().expect("a number");
                let count = words[3].parse::<usize>().expect("a number");
                let points: Vec<[f64; 2]> =
                    (0..count).map(|i| [number(4 + 2 * i), -number(5 + 2 * i)]).collect();
                drawing.edges[index[&(end(1), end(2))]] = flat(&points);
            }
            _ => {}
        }
    }
    drawing
}

/// A chain of cubic curves as short straight pieces.
pub(super) fn flat(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut line: Vec<[f64; 2]> = points.first().copied().into_iter().collect();
    for start in (0..points.len().saturating_sub(3)).step_by(3) {
        let p = &points[start..start + 4];
        for i in 1..=PIECES {
            let t = i as f64 / PIECES as f64;
            let u = 1.0 - t;
            let weights = [u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t];
            let at = |axis: usize| (0..4).map(|k| weights[k] * p[k][axis]).sum();
            line.push([at(0), at(1)]);
        }
    }
    line
}

/// rust-sugiyama, which places nodes only: its edges are straight lines.
pub fn sugiyama(graph: &Graph) -> Drawing {
    // It lays out downwards: height and width are exchanged, and back again.
    let (w, h) = (f64::from(Request::CARD.0), f64::from(Request::CARD.1));
    let vertices: Vec<(u32, (f64, f64))> = (0..graph.nodes as u32).map(|i| (i, (h, w))).collect();
    let edges: Vec<(u32, u32)> = graph.edges.iter().map(|(a, b)| (*a as u32, *b as u32)).collect();
    let config = Config { vertex_spacing: 24.0, ..Config::default() };
    let mut nodes = vec![[0.0; 4]; graph.nodes];
    let mut top = 0.0;
    for (places, width, _) in rust_sugiyama::from_vertices_and_edges(&vertices, &edges, &config) {
        let least = places.iter().map(|(_, (x, _))| *x).fold(f64::MAX, f64::min);
        for (node, (x, y)) in places {
            let (left, upper) = (y, top + x - least);
            nodes[node] = [left, upper, left + w, upper + h];
        }
        top += width.max(h) + 48.0;
    }
    let middle = |n: usize| f64::midpoint(nodes[n][1], nodes[n][3]);
    let edges = graph.edges.iter().map(|(a, b)| vec![[nodes[*a][2], middle(*a)], [nodes[*b][0], middle(*b)]]);
    Drawing { edges: edges.collect(), nodes }
}

/// Lets something work on a thread of its own; `None` where it takes longer than this. The thread is left behind.
pub fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<(Duration, T)> {
    let (tell, told) = std::sync::mpsc::channel();
    let work = move || {
        let start = Instant::now();
        let made = work();
        drop(tell.send((start.elapsed(), made)));
    };
    // Some peers call themselves once a node of a chain.
    drop(std::thread::Builder::new().stack_size(STACK).spawn(work).ok()?);
    told.recv_timeout(limit).ok()
}
