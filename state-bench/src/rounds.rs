//! Two sides that do the same work in turn.

use std::hint::black_box;
use std::time::Instant;

fn timed(work: &mut dyn FnMut() -> u64) -> (f64, u64) {
    let start = Instant::now();
    let sum = black_box(work());
    (start.elapsed().as_secs_f64(), sum)
}

/// Runs `ours` and what it is compared with in turn, after one run of each to warm up, and prints the
/// median of the ratios of the rounds, with the smallest and the largest: 1 is as fast.
///
/// # Panics
/// When the two return different sums.
pub fn compare(
    what: &str,
    rounds: usize,
    ours: &mut dyn FnMut() -> u64,
    (name, other): (&str, &mut dyn FnMut() -> u64),
) {
    assert_eq!(ours(), other(), "{what}");
    let mut ratios = Vec::with_capacity(rounds);
    for round in 0..rounds {
        // Each goes first in turn, since an engine's background work falls on who comes next.
        let (our, their) = if round % 2 == 0 {
            let our = timed(ours);
            (our, timed(other))
        } else {
            let their = timed(other);
            (timed(ours), their)
        };
        assert_eq!(our.1, their.1, "{what}");
        ratios.push(their.0 / our.0);
    }
    ratios.sort_by(f64::total_cmp);
    let at = |index: usize| ratios.get(index).copied().unwrap_or(f64::NAN);
    println!(
        "{what:<28} {:.2} of {name}  ({:.2} to {:.2})",
        at(ratios.len() / 2),
        at(0),
        at(ratios.len().saturating_sub(1))
    );
}
