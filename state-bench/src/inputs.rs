//! Inputs, fixed bit for bit: whoever makes them alike does the same work.

use std::cell::OnceCell;

/// Words that updates put, before they repeat.
const WORDS: usize = 1 << 20;

/// Arrays that updates put, before they repeat.
const PAYLOADS: usize = 1024;

/// Bytes of such an array.
pub const PAYLOAD: usize = 100;

/// Entries of a map.
pub const ENTRIES: usize = 10;

/// Output `i`, from 0, of `SplitMix64` seeded with `seed`.
#[inline]
pub fn mix(seed: u64, i: u64) -> u64 {
    let z = seed.wrapping_add(i.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// `x`, which is any word, brought below `n`: the upper half of the product of both.
fn bounded(x: u64, n: u64) -> u64 {
    u64::try_from((u128::from(x) * u128::from(n)) >> 64).unwrap_or(u64::MAX)
}

/// The numbers below `n`, shuffled by `seed`: Fisher and Yates, from the top.
pub fn permutation(seed: u64, n: u64) -> Vec<u64> {
    let mut order: Vec<u64> = (0..n).collect();
    for (t, i) in (0..).zip((1..order.len()).rev()) {
        let j = bounded(mix(seed, t), index(i) + 1);
        order.swap(i, usize::try_from(j).unwrap_or(i));
    }
    order
}

/// A word as a number from 0 up to 1.
#[allow(
    clippy::cast_precision_loss,
    reason = "53 bits are what the number holds"
)]
pub fn double(word: u64) -> f64 {
    (word >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// A position as a word.
#[inline]
pub fn index(i: usize) -> u64 {
    u64::try_from(i).unwrap_or(u64::MAX)
}

/// Key `k` as text: `user-` and twelve digits. Made anew at each call.
#[inline]
pub fn name(key: u64) -> String {
    let mut text = *b"user-000000000000";
    let (mut rest, mut at) = (key, text.len());
    while let Some(digit) = at.checked_sub(1).filter(|at| *at >= 5 && rest > 0) {
        if let (Some(byte), Ok(low)) = (text.get_mut(digit), u8::try_from(rest % 10)) {
            *byte = b'0' + low;
        }
        (rest, at) = (rest / 10, digit);
    }
    // Digits alone: this never replaces anything.
    String::from_utf8_lossy(&text).into_owned()
}

/// Draws of a key by rank, where rank `r` has the weight `1 / (r + 1)`.
fn zipf(keys: u64, draws: u64) -> Vec<u64> {
    let mut total = 0_u64;
    let sums: Vec<u64> = (1..=keys)
        .map(|rank| {
            total += (1 << 40) / rank;
            total
        })
        .collect();
    let by_rank = permutation(6, keys);
    let draw = |i| {
        let weight = bounded(mix(5, i), total);
        let rank = sums.partition_point(|sum| *sum <= weight);
        by_rank.get(rank).copied().unwrap_or(0)
    };
    (0..draws).map(draw).collect()
}

/// What all operations of a workload take their keys and values from. Sequences are made when they are
/// first used.
#[derive(Debug)]
pub struct Inputs {
    keys: u64,
    existing: OnceCell<Vec<u64>>,
    new: OnceCell<Vec<u64>>,
    zipf: OnceCell<Vec<u64>>,
    words: OnceCell<Vec<i64>>,
    payloads: OnceCell<Vec<[u8; PAYLOAD]>>,
    entries: OnceCell<[i64; ENTRIES]>,
}

impl Inputs {
    /// Inputs over the keys below `keys`.
    pub fn new(keys: u64) -> Self {
        Self {
            keys,
            existing: OnceCell::new(),
            new: OnceCell::new(),
            zipf: OnceCell::new(),
            words: OnceCell::new(),
            payloads: OnceCell::new(),
            entries: OnceCell::new(),
        }
    }

    /// Keys that the set-up inserts, ascending from 0.
    pub fn keys(&self) -> u64 {
        self.keys
    }

    /// All keys of the set-up, in random order.
    pub fn existing(&self) -> &[u64] {
        self.existing.get_or_init(|| permutation(1, self.keys))
    }

    /// As many keys that the set-up does not have, in random order.
    pub fn new_keys(&self) -> &[u64] {
        self.new.get_or_init(|| {
            let order = permutation(2, self.keys);
            order.into_iter().map(|key| self.keys + key).collect()
        })
    }

    /// As many draws of keys of the set-up, few of them often.
    pub fn zipf(&self) -> &[u64] {
        self.zipf.get_or_init(|| zipf(self.keys, self.keys))
    }

    /// What the set-up gives a key, or an entry or element by its running number.
    #[inline]
    pub fn initial(i: u64) -> i64 {
        mix(3, i).cast_signed()
    }

    /// Words to put.
    pub fn words(&self) -> Words<'_> {
        let words = self.words.get_or_init(|| {
            // No operation is further along than four times the keys.
            let most = usize::try_from(self.keys.saturating_mul(4)).unwrap_or(WORDS);
            let len = most.clamp(128, WORDS).next_power_of_two();
            (0..index(len)).map(|i| mix(4, i).cast_signed()).collect()
        });
        Words(words)
    }

    /// Arrays to put.
    pub fn payloads(&self) -> Payloads<'_> {
        let word = |j: usize, at: usize| mix(7, index(j * 13 + at / 8)) >> (8 * (at % 8));
        let array = |j| std::array::from_fn(|at| word(j, at).to_le_bytes()[0]);
        let payloads = self
            .payloads
            .get_or_init(|| (0..PAYLOADS).map(array).collect());
        Payloads(payloads)
    }

    /// Keys of the entries of each map, in order of insertion.
    pub fn entries(&self) -> &[i64; ENTRIES] {
        self.entries.get_or_init(|| {
            let order = permutation(8, index(ENTRIES));
            std::array::from_fn(|i| order.get(i).map_or(0, |key| key.cast_signed()))
        })
    }

    /// Update `draw` of those before a snapshot: a key, and the position of the array to put.
    pub fn touch(&self, draw: u64) -> (u64, usize) {
        let at = usize::try_from((draw + 1) % index(PAYLOADS)).unwrap_or(0);
        (bounded(mix(9, draw), self.keys), at)
    }
}

/// Words to put, by position; they repeat.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a>(&'a [i64]);

impl Words<'_> {
    /// The word at a position.
    #[inline]
    pub fn at(self, i: usize) -> i64 {
        // The length is a power of two.
        let at = i & (self.0.len().wrapping_sub(1));
        self.0.get(at).copied().unwrap_or(0)
    }

    /// The word at a position as a number from 0 up to 1.
    #[inline]
    pub fn double(self, i: usize) -> f64 {
        double(self.at(i).cast_unsigned())
    }
}

/// Arrays to put, by position; they repeat.
#[derive(Clone, Copy, Debug)]
pub struct Payloads<'a>(&'a [[u8; PAYLOAD]]);

impl<'a> Payloads<'a> {
    /// The array at a position.
    #[inline]
    pub fn at(self, i: usize) -> &'a [u8] {
        self.0.get(i % PAYLOADS).map_or(&[], |array| array)
    }
}

/// The first eight bytes of an array as a word: what reading it returns.
#[inline]
pub fn first_word(bytes: &[u8]) -> u64 {
    let first = bytes.first_chunk();
    first.map_or(0, |word| u64::from_le_bytes(*word))
}

/// The sum of the words of an array: that it is whole.
pub fn sum_of_words(bytes: &[u8]) -> u64 {
    let word = |chunk: &[u8]| {
        let byte = |(at, byte): (usize, &u8)| u64::from(*byte) << (8 * at);
        chunk.iter().enumerate().map(byte).sum::<u64>()
    };
    bytes.chunks(8).map(word).fold(0, u64::wrapping_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: u64 = 500_000;

    #[test]
    fn the_first_elements_are_as_everybody_has_them() {
        assert_eq!(mix(1, 0), 10_451_216_379_200_822_465);
        let inputs = Inputs::new(KEYS);
        let existing = [
            493_779, 385_058, 304_377, 395_496, 2_753, 185_115, 4_695, 41_741,
        ];
        assert_eq!(inputs.existing()[..8], existing);
        let new = [
            49_174, 137_446, 222_282, 176_624, 393_654, 105_881, 459_769, 323_446,
        ];
        assert_eq!(inputs.new_keys()[..8], new.map(|key| KEYS + key));
        let zipf = [
            281_199, 139_629, 434_525, 237_154, 394_505, 366_618, 250_894, 400_274,
        ];
        assert_eq!(inputs.zipf()[..8], zipf);
        assert_eq!(Inputs::initial(0), 2_092_789_425_003_139_053);
        assert_eq!(inputs.words().at(0), 7_958_955_049_054_603_978);
        assert_eq!(inputs.entries(), &[2, 7, 4, 9, 1, 0, 3, 8, 5, 6]);
        assert_eq!(
            double(mix(3, 0)).to_bits(),
            0.113_450_342_057_154_54_f64.to_bits()
        );
        let first: [i8; 10] = [-41, 13, 50, 89, -28, -31, -53, 99, 28, 102];
        assert_eq!(
            inputs.payloads().at(0)[..10],
            first.map(i8::cast_unsigned)[..]
        );
        assert_eq!(name(7), "user-000000000007");
    }

    #[test]
    fn names_are_padded_decimal_numbers() {
        for key in [0, 1, 10, 99, 100_000, 1_000_499, 999_999_999_999] {
            assert_eq!(name(key), format!("user-{key:012}"));
        }
    }

    #[test]
    fn words_repeat_after_2_to_the_20_and_not_before() {
        let inputs = Inputs::new(KEYS);
        let words = inputs.words();
        assert_eq!(words.at(WORDS - 1), mix(4, 1_048_575).cast_signed());
        assert_eq!(words.at(WORDS), words.at(0));
        // Fewer are made for few keys, and no operation sees that.
        let few = Inputs::new(1_000);
        for at in [0, 999, 3_999] {
            assert_eq!(few.words().at(at), words.at(at));
        }
    }

    #[test]
    fn the_updates_before_a_snapshot_put_the_next_array() {
        let inputs = Inputs::new(KEYS);
        let key = |draw| (u128::from(mix(9, draw)) * u128::from(KEYS)) >> 64;
        for (draw, at) in [(0, 1), (1, 2), (1022, 1023), (1023, 0)] {
            let touch = inputs.touch(draw);
            assert_eq!((u128::from(touch.0), touch.1), (key(draw), at));
        }
    }

    #[test]
    fn permutations_hold_every_number_once() {
        for n in [0, 1, 2, 3, 100, 1_001] {
            let mut order = permutation(7, n);
            order.sort_unstable();
            assert!(order.into_iter().eq(0..n));
        }
    }

    #[test]
    fn the_words_of_an_array_are_little_endian() {
        assert_eq!(sum_of_words(&[1, 0, 0, 0, 0, 0, 0, 0, 2, 1]), 1 + 0x102);
        assert_eq!(first_word(&[1, 2, 0, 0, 0, 0, 0, 0, 9]), 0x201);
    }
}
