//! Two sides that do the same work in turn: the one way in which speeds are compared.

use std::hint::black_box;
use std::time::Instant;

use serde::{Deserialize, Serialize};

/// Seconds, and those on the CPU where the system tells.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Timed {
    /// As a clock on the wall counts.
    pub wall: f64,
    /// Those that the calling thread was on a CPU: what others do there meanwhile is not in it.
    pub cpu: Option<f64>,
}

impl Timed {
    /// The time of so many times the work.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self {
            wall: self.wall * factor,
            cpu: self.cpu.map(|cpu| cpu * factor),
        }
    }
}

fn on_cpu() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos: f64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanos * 1e-9)
}

/// How long something took, and its result.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Timed, T) {
    let (before, start) = (on_cpu(), Instant::now());
    let result = black_box(work());
    let wall = start.elapsed().as_secs_f64();
    let cpu = on_cpu().zip(before).map(|(after, before)| after - before);
    (Timed { wall, cpu }, result)
}

/// The median of some numbers, with the smallest and the largest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The one in the middle; of an even number, half-way between the two there.
    pub median: f64,
    /// The smallest.
    pub least: f64,
    /// The largest.
    pub most: f64,
}

impl Spread {
    /// Of these numbers; `None` if there are none.
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut numbers: Vec<f64> = numbers.into_iter().collect();
        numbers.sort_by(f64::total_cmp);
        let upper = *numbers.get(numbers.len() / 2)?;
        let lower = *numbers.get((numbers.len() - 1) / 2)?;
        Some(Self {
            median: lower.midpoint(upper),
            least: *numbers.first()?,
            most: *numbers.last()?,
        })
    }

    /// Of these numbers; zeros if there are none.
    pub fn or_zero(numbers: impl IntoIterator<Item = f64>) -> Self {
        let none = Self {
            median: 0.0,
            least: 0.0,
            most: 0.0,
        };
        Self::of(numbers).unwrap_or(none)
    }
}

/// Runs ours and the other side in turn, as many rounds as said after one to warm up, ours first in every
/// second round: an engine's background work falls on who comes next. `seen` is shown both results of each
/// round, the one to warm up included; those of the others are returned.
///
/// # Errors
/// The first of a side or of `seen`.
pub fn in_turn<T, E>(
    rounds: usize,
    ours: &mut dyn FnMut() -> Result<T, E>,
    other: &mut dyn FnMut() -> Result<T, E>,
    seen: &mut dyn FnMut(&T, &T) -> Result<(), E>,
) -> Result<Vec<(T, T)>, E> {
    let warm = (ours()?, other()?);
    seen(&warm.0, &warm.1)?;
    let round = |round: usize| {
        let (our, their) = if round.is_multiple_of(2) {
            let our = ours()?;
            (our, other()?)
        } else {
            let their = other()?;
            (ours()?, their)
        };
        seen(&our, &their)?;
        Ok((our, their))
    };
    (0..rounds).map(round).collect()
}

/// Seconds on the CPU below which they say nothing: the system counts them in its own steps, of some
/// thousandths.
const SHORTEST_ON_CPU: f64 = 0.05;

/// How many times as fast as the other side ours was, by the wall and on the CPU: 1 is as fast. The
/// figures are those of the ratios of the rounds; rounds too short to tell leave the CPU out.
pub fn ratios(rounds: &[(Timed, Timed)]) -> (Option<Spread>, Option<Spread>) {
    let walls = rounds.iter().map(|(our, their)| their.wall / our.wall);
    let cpus = rounds.iter().filter_map(|(our, their)| {
        let (our, their) = our.cpu.zip(their.cpu)?;
        (our.min(their) >= SHORTEST_ON_CPU).then(|| their / our)
    });
    (Spread::of(walls), Spread::of(cpus))
}

/// Seconds on the CPU in all; none if the system does not tell, or they are too few to tell.
pub fn on_cpu_in_all(times: impl IntoIterator<Item = Timed>) -> Option<f64> {
    let all: f64 = times.into_iter().map(|time| time.cpu).sum::<Option<_>>()?;
    (all >= SHORTEST_ON_CPU).then_some(all)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn ours_comes_first_in_every_second_round() {
        let order = RefCell::new(String::new());
        let push = |side| {
            order.borrow_mut().push(side);
            Ok::<_, Infallible>(side)
        };
        let mut shown = 0;
        let rounds = in_turn(3, &mut || push('o'), &mut || push('b'), &mut |_, _| {
            shown += 1;
            Ok(())
        });
        assert_eq!(rounds, Ok(vec![('o', 'b'); 3]));
        assert_eq!(*order.borrow(), "obobboob");
        assert_eq!(shown, 4);
    }

    #[test]
    fn a_ratio_is_how_many_times_as_fast_ours_was() {
        let took = |wall, cpu| Timed { wall, cpu };
        let rounds = [
            (took(1.0, Some(1.0)), took(4.0, Some(1.0))),
            (took(1.0, Some(2.0)), took(0.5, Some(8.0))),
            (took(4.0, None), took(4.0, None)),
            // Too short on the CPU to tell.
            (took(2.0, Some(1.0)), took(4.0, Some(0.01))),
        ];
        let (walls, cpus) = ratios(&rounds);
        let spread = |median, least, most| {
            Some(Spread {
                median,
                least,
                most,
            })
        };
        assert_eq!(walls, spread(1.5, 0.5, 4.0));
        assert_eq!(cpus, spread(2.5, 1.0, 4.0));
        assert_eq!(ratios(&[]), (None, None));
    }

    #[test]
    fn seconds_on_the_cpu_add_up_unless_one_is_missing_or_all_are_too_few() {
        let took = |cpu| Timed { wall: 9.0, cpu };
        assert_eq!(
            on_cpu_in_all([0.25, 0.5, 0.125].map(|cpu| took(Some(cpu)))),
            Some(0.875)
        );
        assert_eq!(on_cpu_in_all([took(Some(1.0)), took(None)]), None);
        assert_eq!(on_cpu_in_all([0.02, 0.02].map(|cpu| took(Some(cpu)))), None);
        assert_eq!(on_cpu_in_all([]), None);
    }

    /// Of an even number of rounds the better one of the two in the middle was taken: ours with two rounds was as good as
    /// its best one, and a run that was told the other way round did not give the inverse.
    #[test]
    fn a_median_favours_neither_side() {
        let took = |wall| Timed { wall, cpu: None };
        for rounds in 1..=6_u32 {
            let rounds: Vec<_> = (0..rounds)
                .map(|i| (took(2_f64.powi(i.cast_signed())), took(1.0)))
                .collect();
            let medians = Spread::of(rounds.iter().map(|(our, _)| our.wall.log2()));
            let turned = Spread::of(rounds.iter().map(|(our, _)| -our.wall.log2()));
            assert_eq!(
                medians.map(|it| it.median),
                turned.map(|it| -it.median),
                "{} rounds",
                rounds.len()
            );
        }
    }

    #[test]
    fn a_round_that_is_refused_ends_it() {
        let mut calls = 0;
        let ours = &mut || {
            calls += 1;
            Ok(calls)
        };
        let seen = &mut |our: &u32, _: &u32| if *our < 2 { Ok(()) } else { Err("refused") };
        assert_eq!(in_turn(9, ours, &mut || Ok(0), seen), Err("refused"));
        assert_eq!(calls, 2);
    }
}
