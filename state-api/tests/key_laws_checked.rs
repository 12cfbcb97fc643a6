//! The public check passes the types that keep the law and names the law that a type breaks.

use std::cmp::Ordering;

use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use state_api::StateKey;
use state_api::key::check_key_pair;

mod key_shapes;

fn lawful<T: StateKey + std::fmt::Debug>(a: &T, b: &T) -> Result<(), TestCaseError> {
    check_key_pair(a, b).map_err(TestCaseError::fail)
}

for_every_key_type!(lawful);

/// Descends, while its encoding ascends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Descending(u32);

impl Ord for Descending {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.cmp(&self.0)
    }
}

impl PartialOrd for Descending {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl StateKey for Descending {}

/// Equal without regard to case, while its encoding has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct NoCase(String);

impl PartialEq for NoCase {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for NoCase {}

impl Ord for NoCase {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.to_lowercase().cmp(&other.0.to_lowercase())
    }
}

impl PartialOrd for NoCase {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl StateKey for NoCase {}

/// Loses a field on the way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Forgetful {
    kept: u8,
    #[serde(skip)]
    lost: u8,
}

impl StateKey for Forgetful {}

/// Cannot be decoded: nothing says which variant it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
}

impl StateKey for Untagged {}

#[test]
fn names_the_broken_law() {
    let message = check_key_pair(&Descending(1), &Descending(2)).unwrap_err();
    assert!(
        message.starts_with("encodings must be in the order of the keys"),
        "{message}"
    );

    let message = check_key_pair(&NoCase("a".into()), &NoCase("A".into())).unwrap_err();
    assert!(
        message.starts_with("equal keys and only those"),
        "{message}"
    );

    let forgetful = Forgetful { kept: 1, lost: 1 };
    let message = check_key_pair(&forgetful, &forgetful).unwrap_err();
    assert!(
        message.starts_with("a key must decode to itself"),
        "{message}"
    );
    assert!(
        message.contains("decodes to Forgetful { kept: 1, lost: 0 }"),
        "{message}"
    );

    let message = check_key_pair(&Untagged::Number(1), &Untagged::Number(1)).unwrap_err();
    assert!(message.contains("does not describe itself"), "{message}");
}
