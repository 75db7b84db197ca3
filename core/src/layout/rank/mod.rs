//! Columns: every unit to the right of all it follows, edges short.

mod simplex;
mod tree;

use std::sync::atomic::AtomicBool;

use simplex::Simplex;

use super::Effort;
use super::csr::Csr;
use super::units::Units;

/// Up to this many units without any edge stand in one column.
const STACKED: usize = 6;

/// The column of each unit, from 0.
pub(super) fn ranks(units: &Units, effort: Effort, stop: &AtomicBool) -> Vec<u32> {
    let n = units.list.len();
    let pairs: Vec<(usize, usize)> =
        units.edges.iter().map(|(_, a, b)| (units.of[*a], units.of[*b])).collect();
    let after = Csr::new(n, pairs.iter().copied());
    let before = Csr::new(n, pairs.iter().map(|(a, b)| (*b, *a)));
    let mut ranks = vec![0_u32; n];
    let order = longest_paths(&after, &before, &mut ranks);
    tighten(&order, &after, &before, &mut ranks);
    if effort == Effort::Full {
        shorten(&pairs, &mut ranks, stop);
    }
    spread_loners(units, &after, &before, &mut ranks);
    ranks
}

/// The least total length of edges.
fn shorten(pairs: &[(usize, usize)], ranks: &mut [u32], stop: &AtomicBool) {
    let mut exact: Vec<i64> = ranks.iter().map(|r| i64::from(*r)).collect();
    Simplex::new(pairs, &mut exact).run(stop);
    let least = exact.iter().min().copied().unwrap_or_default();
    ranks.iter_mut().zip(exact).for_each(|(rank, exact)| *rank = (exact - least) as u32);
}

/// The columns of units some of which have one already: they keep it unless what comes before them forbids it.
pub(super) fn kept(units: &Units, before: &[Option<u32>]) -> Vec<u32> {
    let n = units.list.len();
    let pairs = || units.edges.iter().map(|(_, a, b)| (units.of[*a], units.of[*b]));
    let after = Csr::new(n, pairs());
    let mut open = vec![0_u32; n];
    pairs().for_each(|(_, to)| open[to] += 1);
    let mut ranks: Vec<u32> = before.iter().map(|r| r.unwrap_or(0)).collect();
    let mut order: Vec<usize> = (0..n).filter(|i| open[*i] == 0).collect();
    let mut at = 0;
    while let Some(&unit) = order.get(at) {
        at += 1;
        let next = after.row(unit);
        if open[unit] == 0 && before[unit].is_none() && !next.is_empty() {
            // What is new and waits for nothing stands right before what waits for it.
            let known = next.iter().filter_map(|u| before[*u as usize]).min();
            ranks[unit] = ranks[unit].max(known.unwrap_or(0).saturating_sub(1));
        }
        for next in next.iter().map(|u| *u as usize) {
            ranks[next] = ranks[next].max(ranks[unit] + 1);
            open[next] -= 1;
            if open[next] == 0 {
                order.push(next);
            }
        }
    }
    ranks
}

fn longest_paths(after: &Csr, before: &Csr, ranks: &mut [u32]) -> Vec<usize> {
    let n = ranks.len();
    let mut open: Vec<usize> = (0..n).map(|i| before.row(i).len()).collect();
    let mut order: Vec<usize> = (0..n).filter(|i| open[*i] == 0).collect();
    let mut at = 0;
    while let Some(&unit) = order.get(at) {
        at += 1;
        for next in after.row(unit).iter().map(|u| *u as usize) {
            ranks[next] = ranks[next].max(ranks[unit] + 1);
            open[next] -= 1;
            if open[next] == 0 {
                order.push(next);
            }
        }
    }
    order
}

/// A unit with more edges to its right than to its left moves right as far as it may: that shortens more than
/// it lengthens.
fn tighten(order: &[usize], after: &Csr, before: &Csr, ranks: &mut [u32]) {
    for &unit in order.iter().rev() {
        if after.row(unit).len() > before.row(unit).len()
            && let Some(nearest) = after.row(unit).iter().map(|u| ranks[*u as usize]).min()
        {
            ranks[unit] = nearest - 1;
        }
    }
}

/// Units without any edge fill rows of a grid, lane by lane, instead of one endless column. The width of the
/// grid doubles, so that one unit more seldom moves the others.
fn spread_loners(units: &Units, after: &Csr, before: &Csr, ranks: &mut [u32]) {
    let mut by_lane: Vec<Vec<usize>> = vec![Vec::new(); units.lanes.len()];
    let lonely = |u: &usize| after.row(*u).is_empty() && before.row(*u).is_empty();
    for unit in (0..units.list.len()).filter(lonely) {
        by_lane[units.list[unit].lane].push(unit);
    }
    for lane in by_lane.iter().filter(|lane| lane.len() > STACKED) {
        let mut columns = 4;
        while columns * columns * 2 < lane.len() {
            columns *= 2;
        }
        for (i, unit) in lane.iter().enumerate() {
            ranks[*unit] = (i % columns) as u32;
        }
    }
}
