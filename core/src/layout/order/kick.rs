//! A push out of an order in which no single move helps: in every column two slots change places.

/// Changes the places of two slots in each lane's part of each column. Which two depends on the turn alone, so that the same
/// graph gives the same drawing.
pub(super) fn kick(columns: &mut [Vec<u32>], lanes: &[u32], turn: usize) {
    for (c, column) in columns.iter_mut().enumerate() {
        for part in column.chunk_by_mut(|a, b| lanes[*a as usize] == lanes[*b as usize]) {
            let pick = scatter(((turn as u64) << 32) + c as u64);
            let (one, other) = (pick as u32 as usize % part.len(), (pick >> 32) as usize % part.len());
            part.swap(one, other);
        }
    }
}

/// SplitMix64: numbers without order.
pub(super) fn scatter(x: u64) -> u64 {
    let x = x.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
