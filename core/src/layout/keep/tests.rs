//! What is added moves next to nothing of what is there.

use proptest::prelude::*;

use super::Same;
use crate::layout::tests::sound;
use crate::layout::{Kind, Layout, NodeSpec, Request, layout, layout_kept};

fn node(id: String) -> NodeSpec {
    let (w, h) = Request::CARD;
    NodeSpec { id: id.parse().unwrap(), w, h, lane: None, group: None, kind: Kind::Step }
}

fn request(n: usize, edges: Vec<(usize, usize)>) -> Request {
    let mut edges = edges;
    edges.sort_unstable_by_key(|(from, to)| (*to, *from));
    edges.dedup();
    Request { nodes: (0..n).map(|i| node(format!("s{i}"))).collect(), edges, ..Request::default() }
}

fn chain(n: usize) -> Request {
    request(n, (1..n).map(|i| (i - 1, i)).collect())
}

/// One, then ten at once, then one that waits for all of them, and so on.
fn fan(n: usize) -> Request {
    let edges = (1..n).flat_map(|i| {
        if i % 11 == 0 { (i - 10..i).map(|w| (w, i)).collect() } else { vec![(i / 11 * 11, i)] }
    });
    request(n, edges.collect())
}

/// A square whose nodes follow the ones above and to the left.
fn lattice(n: usize) -> Request {
    let side = (1..).find(|s| s * s >= n).unwrap();
    let left = (0..n).filter(|i| i % side > 0).map(|i| (i - 1, i));
    request(n, left.chain((side..n).map(|i| (i - side, i))).collect())
}

/// Layers; each node follows one to three of the layer before it, now and then one of the layer before that.
fn layered(n: usize, mut seed: u64) -> Request {
    let mut below = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % n
    };
    let width = (1..).find(|w| w * w * 4 >= n).unwrap().max(5);
    let mut edges = Vec::new();
    for i in width..n {
        for _ in 0..=below(3) {
            let back = if i / width > 1 && below(10) == 0 { 2 } else { 1 };
            let aside = (i % width + width + below(7)).saturating_sub(3) % width;
            edges.push(((i / width - back) * width + aside, i));
        }
    }
    request(n, edges)
}

/// The same with one node more, after `before` and before `after`.
fn one_more(request: &Request, before: &[usize], after: &[usize]) -> Request {
    let mut more = request.clone();
    let new = more.nodes.len();
    more.nodes.push(node("new".into()));
    more.edges.extend(before.iter().map(|b| (*b, new)));
    more.edges.extend(after.iter().map(|a| (new, *a)));
    more
}

/// How far each node that was there has moved.
fn moves(old: &Layout, new: &Layout) -> Vec<(f32, f32)> {
    old.nodes.iter().zip(&new.nodes).map(|(a, b)| (b.x - a.x, b.y - a.y)).collect()
}

fn median(lengths: impl Iterator<Item = f32>) -> f32 {
    let mut sorted: Vec<f32> = lengths.collect();
    sorted.sort_by(f32::total_cmp);
    sorted[sorted.len() / 2]
}

fn shapes(n: usize, seed: u64) -> [(&'static str, Request); 4] {
    [("chain", chain(n)), ("fan", fan(n)), ("lattice", lattice(n)), ("layered", layered(n, seed))]
}

/// Adds one node near `at` in each of several ways. Returns what was laid out.
fn add_one(name: &str, was: &Request, old: &Layout, at: usize) -> Vec<(Request, Layout)> {
    let last = was.nodes.len() - 1;
    let ways: [(&[usize], &[usize]); 4] =
        [(&[at], &[]), (&[at, (at + 1).min(last)], &[]), (&[], &[]), (&[at / 2, at], &[])];
    let mut made = Vec::new();
    for (before, after) in ways {
        let more = one_more(was, before, after);
        let new = layout_kept(&more, (was, old)).unwrap();
        let moved = median(moves(old, &new).into_iter().map(|(x, y)| x.abs() + y.abs()));
        assert_eq!(moved, 0.0, "{name}, a node after {before:?}");
        made.push((more, new));
    }
    // Between two columns that were neighbours one has to be opened: only what is behind it goes aside.
    if let Some((_, next)) = was.edges.iter().find(|(from, _)| *from == at) {
        let more = one_more(was, &[at], &[*next]);
        let new = layout_kept(&more, (was, old)).unwrap();
        let moved = moves(old, &new);
        let before = |i: &usize| old.nodes[*i].x <= old.nodes[at].x;
        assert!((0..=last).filter(before).all(|i| moved[i].0 == 0.0), "{name}, between {at} and {next}");
        assert_eq!(median(moved.iter().map(|m| m.1.abs())), 0.0, "{name}, between {at} and {next}");
        made.push((more, new));
    }
    made
}

#[test]
fn one_node_more_among_a_thousand_moves_the_others_by_a_median_of_nothing() {
    for (name, was) in shapes(1000, 7) {
        let old = layout(&was);
        for at in [0, 137, 420, 531, 660, 998] {
            add_one(name, &was, &old, at);
        }
    }
}

#[test]
fn what_kept_its_place_in_the_list_is_found_as_well_as_what_moved() {
    let old = ["a", "b", "c", "d", "e"];
    let mut same = Same::new(|n| old.get(n).copied());
    let found: Vec<Option<usize>> = ["a", "x", "b", "d", "c", "e", "y"].map(|k| same.find(k)).to_vec();
    assert_eq!(found, [Some(0), None, Some(1), Some(3), Some(2), Some(4), None]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn one_node_more_moves_the_others_by_a_median_of_nothing(seed: u64, n in 60..110_usize, at: prop::sample::Index) {
        for (name, was) in shapes(n, seed) {
            let old = layout(&was);
            for (more, new) in add_one(name, &was, &old, at.index(n)) {
                sound(&more, &new);
            }
        }
    }
}
