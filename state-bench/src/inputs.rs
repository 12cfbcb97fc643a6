//! Inputs, fixed bit for bit.

/// Output `i`, from 0, of `SplitMix64` seeded with `seed`.
pub fn mix(seed: u64, i: u64) -> u64 {
    let z = seed.wrapping_add(i.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The numbers below `n`, shuffled by `seed`.
pub fn permutation(seed: u64, n: u64) -> Vec<u64> {
    let mut order: Vec<u64> = (0..n).collect();
    for (t, i) in (0..).zip((1..order.len()).rev()) {
        let bound = u128::from(u64::try_from(i).unwrap_or(u64::MAX)) + 1;
        let j = (u128::from(mix(seed, t)) * bound) >> 64;
        order.swap(i, usize::try_from(j).unwrap_or(i));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_elements_are_as_everybody_has_them() {
        assert_eq!(mix(1, 0), 10_451_216_379_200_822_465);
        let first = permutation(1, 500_000);
        assert_eq!(first[..4], [493_779, 385_058, 304_377, 395_496]);
        assert_eq!(permutation(2, 500_000)[..2], [49_174, 137_446]);
    }
}
