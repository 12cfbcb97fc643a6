//! Keys of your own: an enum as the key, a struct as the key of a map, and a range over the map.
//!
//! One line makes a type a key: `impl StateKey for .. {}`. Its order is that of the derived `Ord`,
//! on every backend, so the entries of a map come sorted and a range of them is found directly.

#![expect(clippy::print_stdout, reason = "a program that shows something")]

use std::error::Error;

use serde::{Deserialize, Serialize};
use state_backends::heap::HeapBackend;
use state_backends::key::check_key_pair;
use state_backends::redb::{self, RedbConfig};
use state_backends::{KeyGroups, MapDescriptor, Result, StateBackend, StateKey};

type Tenant = u32;

/// Whose account it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Holder {
    Person(Tenant, String),
    Company(u64),
}

impl StateKey for Holder {}

/// Year, month and day: ordered by its fields, as they are declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Date(u16, u8, u8);

impl StateKey for Date {}

/// The amounts that Ada booked in 2025, and the date of her latest booking.
fn run<B: StateBackend<Key = Holder>>(mut state: B) -> Result<(Vec<i64>, Option<Date>)> {
    let bookings = state.register(MapDescriptor::<Date, i64>::new("bookings"))?;
    let (ada, company) = (Holder::Person(7, "Ada".into()), Holder::Company(1));
    let days = [(2025, 12, 31), (2025, 2, 1), (2026, 1, 1), (2024, 12, 31)];
    for ((year, month, day), amount) in days.into_iter().zip([300, 250, -50, 7]) {
        let date = Date(year, month, day);
        state.at_mut(&ada).map(bookings).insert(date, amount)?;
        state.at_mut(&company).map(bookings).insert(date, 1)?;
    }

    let at = state.at(&ada);
    let year = at.map(bookings).range(Date(2025, 1, 1)..Date(2026, 1, 1))?;
    let amounts = year.map(|entry| entry.map(|(_, amount)| *amount));
    let amounts = amounts.collect::<Result<_>>()?;
    let latest = at.map(bookings).last()?.map(|(date, _)| *date);
    state.destroy()?;
    Ok((amounts, latest))
}

fn main() -> Result<(), Box<dyn Error>> {
    // Tests the law that keys must keep; derived traits keep it.
    let person = |name: &str| Holder::Person(7, name.into());
    check_key_pair(&person(""), &person("Ada"))?;
    check_key_pair(&person("Ada"), &Holder::Company(0))?;

    let groups = KeyGroups::all(KeyGroups::DEFAULT)?;
    let dir = tempfile::tempdir()?;
    let expected = (vec![250, 300], Some(Date(2026, 1, 1)));
    assert_eq!(run(HeapBackend::new(groups))?, expected);
    assert_eq!(
        run(redb::open(dir.path(), groups, &RedbConfig::default())?)?,
        expected
    );
    println!("in 2025: {:?}, latest: {:?}", expected.0, expected.1);
    Ok(())
}
