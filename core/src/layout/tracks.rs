//! Tracks in a gap: which vertical piece of an edge runs where, so that none covers another and few cross.

/// Half a point: less than any two heights differ.
const HALF: f32 = 0.5;

/// A vertical piece: the height it comes from on the left, and the farthest it leads to on the right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub from: f32,
    pub to: f32,
}

impl Piece {
    pub fn leads_down(&self) -> bool {
        self.to > self.from
    }

    fn low(&self) -> f32 {
        self.from.min(self.to)
    }

    fn high(&self) -> f32 {
        self.from.max(self.to)
    }
}

/// The track of each piece, from 0 (left), and how many there are. Pieces that lead down take their tracks from the
/// lowest source on, those that lead up from the highest: then neither crosses its like twice.
pub(super) fn assign(pieces: &[Piece]) -> (Vec<usize>, usize) {
    let mut tracks = vec![0; pieces.len()];
    let (mut down, mut up): (Vec<usize>, Vec<usize>) =
        (0..pieces.len()).partition(|i| pieces[*i].leads_down());
    down.sort_by(|a, b| pieces[*b].from.total_cmp(&pieces[*a].from));
    up.sort_by(|a, b| pieces[*a].from.total_cmp(&pieces[*b].from));
    let downs = fill(&down, &mut tracks, |i| (-pieces[i].from, -pieces[i].to));
    let ups = fill(&up, &mut tracks, |i| (pieces[i].from, pieces[i].to));
    // Where one arrives at the height at which another leaves, the one that leaves turns first, or they would
    // lie on each other.
    let (onto_up, onto_down) = (arrivals(pieces, &down, &up), arrivals(pieces, &up, &down));
    // What leads up and down from one source may share a track where nothing else comes to that height.
    let ends = if onto_up + onto_down == 0 { HALF } else { 0.0 };
    if !meet(pieces, &down, &up, ends) {
        return (tracks, downs.max(ups));
    }
    let (later, by) = if onto_up > onto_down { (&down, ups) } else { (&up, downs) };
    later.iter().for_each(|i| tracks[*i] += by);
    (tracks, downs + ups)
}

/// How many of `arriving` end at a height from which one of `leaving` comes.
fn arrivals(pieces: &[Piece], arriving: &[usize], leaving: &[usize]) -> usize {
    let mut sources: Vec<f32> = leaving.iter().map(|i| pieces[*i].from).collect();
    sources.sort_by(f32::total_cmp);
    let ends = arriving.iter().map(|i| pieces[*i].to);
    ends.filter(|end| sources.binary_search_by(|s| s.total_cmp(end)).is_ok()).count()
}

/// Gives each piece, sorted by where it starts, the first track right of all earlier ones it overlaps. `extent`
/// is start and end along an axis on which starts grow, and the end lies before the start.
fn fill(order: &[usize], tracks: &mut [usize], extent: impl Fn(usize) -> (f32, f32)) -> usize {
    // The pieces seen last overlap most: tracks of those before, highest last, each with its start.
    let mut tops: Vec<(f32, usize)> = Vec::new();
    let mut count = 0;
    for &piece in order {
        let (start, end) = extent(piece);
        let overlapped = tops.partition_point(|(s, _)| *s < end);
        let track = tops.get(overlapped).map_or(0, |(_, track)| track + 1);
        tracks[piece] = track;
        count = count.max(track + 1);
        while tops.pop_if(|(_, t)| *t <= track).is_some() {}
        tops.push((start, track));
    }
    count
}

/// Whether any piece that leads down overlaps one that leads up, `ends` left out at their sources.
fn meet(pieces: &[Piece], down: &[usize], up: &[usize], ends: f32) -> bool {
    let mut edges: Vec<(f32, bool, bool)> = Vec::with_capacity(2 * (down.len() + up.len()));
    for (list, is_up) in [(down, false), (up, true)] {
        edges.extend(list.iter().map(|i| pieces[*i]).flat_map(|piece| {
            // Ports of a card with many edges lie nearer to each other than a point: what is left out is never all.
            let cut = ends.min((piece.high() - piece.low()) / 2.0);
            let (low, high) = if is_up { (0.0, cut) } else { (cut, 0.0) };
            [(piece.low() + low, false, is_up), (piece.high() - high, true, is_up)]
        }));
    }
    // Starts before ends at the same height: pieces that touch count as overlapping.
    edges.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut open = [0_usize; 2];
    edges.into_iter().any(|(_, is_end, is_up)| {
        if is_end {
            open[usize::from(is_up)] -= 1;
        } else {
            open[usize::from(is_up)] += 1;
        }
        open[0] > 0 && open[1] > 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_shorter_than_a_point_has_a_track() {
        let pieces = [Piece { from: 100.0, to: 100.25 }, Piece { from: 300.0, to: 200.0 }];
        assert_eq!(assign(&pieces), (vec![0, 0], 1));
    }
    use proptest::prelude::*;

    fn piece(from: f32, to: f32) -> Piece {
        Piece { from, to }
    }

    #[test]
    fn parallel_pieces_nest_without_crossing() {
        // Both lead down: the lower source turns first.
        assert_eq!(assign(&[piece(0.0, 100.0), piece(50.0, 150.0)]), (vec![1, 0], 2));
        assert_eq!(assign(&[piece(100.0, 0.0), piece(150.0, 50.0)]), (vec![0, 1], 2));
        assert_eq!(assign(&[piece(0.0, 40.0), piece(100.0, 60.0)]), (vec![0, 0], 1));
        assert_eq!(assign(&[]), (vec![], 0));
    }

    proptest! {
        #[test]
        fn no_two_pieces_on_a_track_overlap(
            ends in proptest::collection::vec((0..40_i32, 0..40_i32), 0..40),
        ) {
            let pieces: Vec<Piece> =
                ends.iter().filter(|(a, b)| a != b).map(|(a, b)| piece(*a as f32, *b as f32)).collect();
            let (tracks, count) = assign(&pieces);
            for (i, a) in pieces.iter().enumerate() {
                prop_assert!(tracks[i] < count);
                for (k, b) in pieces.iter().enumerate().skip(i + 1) {
                    let apart = a.high() < b.low() || b.high() < a.low() || (a.from == b.from && a.leads_down() != b.leads_down());
                    prop_assert!(apart || tracks[i] != tracks[k], "{a:?} {b:?}");
                }
            }
        }
    }
}
