//! Columns: every unit to the right of all it follows, edges short.

use super::csr::Csr;
use super::units::Units;

/// Up to this many units without any edge stand in one column.
const STACKED: usize = 6;

/// The column of each unit, from 0.
pub(super) fn ranks(units: &Units) -> Vec<u32> {
    let n = units.list.len();
    let pairs: Vec<(usize, usize)> =
        units.edges.iter().map(|(_, a, b)| (units.of[*a], units.of[*b])).collect();
    let after = Csr::new(n, pairs.iter().copied());
    let before = Csr::new(n, pairs.iter().map(|(a, b)| (*b, *a)));
    let mut ranks = vec![0_u32; n];
    let order = longest_paths(&after, &before, &mut ranks);
    tighten(&order, &after, &before, &mut ranks);
    spread_loners(units, &after, &before, &mut ranks);
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
