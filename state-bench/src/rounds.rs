//! Two sides that do the same work in turn.

use std::cell::RefCell;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Seconds, and those on the CPU where the system tells.
struct Timed {
    wall: f64,
    cpu: Option<f64>,
    sum: u64,
}

/// Seconds that this thread has been on a CPU: what others do there meanwhile is not in it.
fn on_cpu() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos: f64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanos * 1e-9)
}

fn timed(work: &mut dyn FnMut() -> u64) -> Timed {
    let (before, start) = (on_cpu(), Instant::now());
    let sum = black_box(work());
    let wall = start.elapsed().as_secs_f64();
    Timed {
        wall,
        cpu: on_cpu().zip(before).map(|(after, before)| after - before),
        sum,
    }
}

/// The median, the smallest and the largest.
fn spread(mut ratios: Vec<f64>) -> (f64, f64, f64) {
    ratios.sort_by(f64::total_cmp);
    let at = |index: usize| ratios.get(index).copied().unwrap_or(f64::NAN);
    (
        at(ratios.len() / 2),
        at(0),
        at(ratios.len().saturating_sub(1)),
    )
}

/// Runs `ours` and what it is compared with in turn, after one run of each to warm up, and prints the
/// median of the ratios of the rounds, with the smallest and the largest: 1 is as fast. In brackets the
/// same for the time on the CPU, which leaves out what else the machine does, and an engine's own threads.
///
/// # Panics
/// When the two return different sums.
pub fn compare(
    what: &str,
    rounds: usize,
    ours: &mut dyn FnMut() -> u64,
    other: (&str, &mut dyn FnMut() -> u64),
) {
    compare_with(what, rounds, &mut || (), ours, other);
}

/// [`compare`] with something to do after each side of each round, such as to remove what it left: it is
/// not timed.
///
/// # Panics
/// As [`compare`].
pub fn compare_with(
    what: &str,
    rounds: usize,
    between: &mut dyn FnMut(),
    ours: &mut dyn FnMut() -> u64,
    (name, other): (&str, &mut dyn FnMut() -> u64),
) {
    let between = RefCell::new(between);
    let run = |work: &mut dyn FnMut() -> u64| {
        let timed = timed(work);
        (between.borrow_mut())();
        timed
    };
    let (mut ours, mut other) = (|| run(ours), || run(other));
    assert_eq!(ours().sum, other().sum, "{what}");
    let (mut walls, mut cpus) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let (our, their) = in_turn(round, &mut ours, &mut other);
        assert_eq!(our.sum, their.sum, "{what}");
        walls.push(their.wall / our.wall);
        cpus.extend(their.cpu.zip(our.cpu).map(|(their, our)| their / our));
    }
    print_ratio(what, name, walls);
    if !cpus.is_empty() {
        let (median, least, most) = spread(cpus);
        print!("  [{median:.2}, {least:.2} to {most:.2}]");
    }
    println!();
}

/// Runs both sides, ours first in every second round: an engine's background work falls on who comes next.
fn in_turn<T>(round: usize, ours: &mut dyn FnMut() -> T, other: &mut dyn FnMut() -> T) -> (T, T) {
    if round.is_multiple_of(2) {
        let our = ours();
        (our, other())
    } else {
        let their = other();
        (ours(), their)
    }
}

fn print_ratio(what: &str, name: &str, ratios: Vec<f64>) {
    let (median, least, most) = spread(ratios);
    print!("{what:<28} {median:.2} of {name}  ({least:.2} to {most:.2})");
}

/// [`compare`] of two sides that tell themselves how long they took, as processes of their own do.
pub fn compare_told(
    what: &str,
    rounds: usize,
    ours: &mut dyn FnMut() -> Duration,
    (name, other): (&str, &mut dyn FnMut() -> Duration),
) {
    let _warm = (ours(), other());
    let ratios = (0..rounds).map(|round| {
        let (our, their) = in_turn(round, ours, other);
        their.as_secs_f64() / our.as_secs_f64()
    });
    print_ratio(what, name, ratios.collect());
    println!();
}
