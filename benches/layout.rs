//! Drawing graphs, beside those who also do: the time each takes, and what one judge says of all drawings. A peer that
//! takes longer than its limit is left out of the larger sizes. dagre and ELK run in node; THREADOS_NODE_MODULES names a
//! folder of modules that holds them (`npm install @dagrejs/dagre elkjs`). `-- --nodes 100` draws graphs of that size only.

use std::collections::HashSet;
use std::hint::black_box;
use std::time::{Duration, Instant};

use threados_benches::drawing::{
    Drawing, Family, Graph, dot, in_node, is_there, judge, layout_rs, ours, sugiyama, within,
};
use threados_benches::{Sizes, have, median};
use threados_core::layout::{Effort, Layout, Request, layout, layout_after, layout_with};

/// Longer than this a peer is not waited for.
const LIMIT: Duration = Duration::from_secs(90);

/// Up to this many nodes peers are measured more than once.
const OFTEN: usize = 1000;

/// Up to this many nodes a drawing takes a millisecond or two, of which the first few rounds in a row say little: there
/// are so many times as many.
const SMALL: (usize, usize) = (100, 15);

fn main() {
    let sizes = Sizes::from_args();
    let mut absent: Vec<&str> = Vec::new();
    if !have("dot") {
        println!("Graphviz's dot is not installed: it is left out");
        absent.push("dot");
    }
    for engine in ["dagre", "elk"] {
        if let Err(missing) = is_there(engine) {
            println!("{missing}");
            absent.push(engine);
        }
    }
    let mut slow: HashSet<(&'static str, &'static str)> = HashSet::new();
    slow.extend(absent.iter().flat_map(|name| Family::ALL.map(|f| (peer(name), f.name()))));
    let only = only();
    for n in
        [100, 1000, 5000, 10_000].map(|n| sizes.of(n)).into_iter().filter(|n| only.is_none_or(|o| o == *n))
    {
        for family in Family::ALL {
            beside(sizes, family, n, &mut slow);
        }
    }
}

/// `--nodes N`: graphs of this size only.
fn only() -> Option<usize> {
    std::env::args().skip_while(|a| a != "--nodes").nth(1)?.parse().ok()
}

type Peer = (&'static str, fn(&Graph) -> Option<(Duration, Drawing)>);

const PEERS: [Peer; 5] = [
    ("dagre", |graph| in_node("dagre", graph, LIMIT)),
    ("elk", |graph| in_node("elk", graph, LIMIT)),
    ("dot", |graph| dot(graph, LIMIT)),
    ("rust-sugiyama", |graph| {
        let graph = graph.clone();
        within(LIMIT, move || sugiyama(&graph))
    }),
    ("layout-rs", |graph| {
        let graph = graph.clone();
        within(LIMIT, move || layout_rs(&graph))
    }),
];

/// The name of a peer as the table has it.
fn peer(name: &str) -> &'static str {
    PEERS.iter().map(|(peer, _)| *peer).find(|peer| *peer == name).unwrap_or("none")
}

fn beside(sizes: Sizes, family: Family, n: usize, slow: &mut HashSet<(&'static str, &'static str)>) {
    let graph = family.graph(n);
    let request = graph.request();
    println!("\n{}, {} nodes, {} edges", family.name(), graph.nodes, graph.edges.len());
    println!(
        "  {:<22} {:>11} {:>10} {:>8} {:>9} {:>10}",
        "", "median ms", "crossings", "through", "overlaps", "backwards"
    );
    let first = || layout_with(&request, Effort::First);
    let often = if n <= SMALL.0 { SMALL.1 } else { 1 };
    tell("first drawing", &graph, Some(timed(sizes.rounds * often, first)));
    tell("drawing", &graph, Some(timed(sizes.rounds * often, || layout(&request))));
    one_more(sizes, &graph, &request);
    for (name, draw) in PEERS {
        if slow.contains(&(name, family.name())) {
            continue;
        }
        let rounds = if n > OFTEN { 1 } else { sizes.rounds.min(3) * often };
        let mut drawn: Vec<(Duration, Drawing)> = Vec::new();
        for _ in 0..rounds {
            drawn.extend(draw(&graph));
        }
        if drawn.len() < rounds {
            slow.insert((name, family.name()));
        }
        let times: Vec<Duration> = drawn.iter().map(|d| d.0).collect();
        tell(name, &graph, drawn.pop().map(|(_, drawing)| (median(&times), drawing)));
    }
}

/// The time of the layout alone, as that of the peers is without what makes a drawing of theirs for the judge.
fn timed(rounds: usize, mut draw: impl FnMut() -> Layout) -> (Duration, Drawing) {
    let mut times = Vec::new();
    let mut last = Layout::default();
    for _ in 0..rounds {
        let start = Instant::now();
        let drawn = draw();
        times.push(start.elapsed());
        last = drawn;
    }
    (median(&times), ours(&last))
}

/// One node more: how long that takes, and how far the others move.
fn one_more(sizes: Sizes, graph: &Graph, request: &Request) {
    let (mut graph, mut more) = (graph.clone(), request.clone());
    let (new, middle) = (graph.nodes, graph.nodes / 2);
    more.nodes.push(threados_core::layout::NodeSpec {
        id: "one-more".parse().expect("an id"),
        ..more.nodes[middle].clone()
    });
    more.edges.extend([(middle, new), (middle + 1, new)]);
    graph.edges.clone_from(&more.edges);
    graph.nodes += 1;
    let old = layout(request);
    tell("one node more", &graph, Some(timed(sizes.rounds, || layout_after(&more, (request, &old)))));
    let new = layout_after(&more, (request, &old));
    let mut moved: Vec<f32> =
        old.nodes.iter().zip(&new.nodes).map(|(a, b)| (a.x - b.x).abs() + (a.y - b.y).abs()).collect();
    moved.sort_by(f32::total_cmp);
    let others = moved.iter().filter(|m| **m > 0.0).count();
    println!(
        "  {:<22} median {} points, {others} of {}",
        "  the others moved",
        moved[moved.len() / 2],
        moved.len()
    );
    black_box(new);
}

fn tell(name: &str, graph: &Graph, drawn: Option<(Duration, Drawing)>) {
    let Some((took, drawing)) = drawn else {
        return println!("  {name:<22} more than {} s, or no drawing", LIMIT.as_secs());
    };
    let found = judge(&drawing, &graph.edges);
    println!(
        "  {name:<22} {:>11.2} {:>10} {:>8} {:>9} {:>10}",
        took.as_secs_f64() * 1000.0,
        found.crossings,
        found.through,
        found.overlaps,
        found.backwards
    );
}
