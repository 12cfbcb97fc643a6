//! The law of keys, for any type.

use std::fmt::Debug;

use proptest::strategy::Strategy;
use state_api::StateKey;
use state_api::key::check_key_pair;

use crate::difference::Difference;
use crate::runner;

/// Checks the law of [`StateKey`] on generated pairs of a type: what everyone should do who writes
/// `impl StateKey for MyKey {}`.
///
/// ```
/// use proptest::prelude::*;
/// use serde::{Deserialize, Serialize};
/// use state_api::StateKey;
///
/// #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
/// struct UserId {
///     tenant: u32,
///     name: String,
/// }
///
/// impl StateKey for UserId {}
///
/// state_conformance::law::check_key(
///     (0..3_u32, "[ab\0]{0,3}").prop_map(|(tenant, name)| UserId { tenant, name }),
/// );
/// ```
///
/// # Panics
/// When the law is broken: with the shortest pair of values, their encodings and the law in words.
pub fn check_key<T: StateKey + Debug>(strategy: impl Strategy<Value = T>) {
    // Pairs of independent values, and each value with itself. Small alphabets find the most.
    let pairs = (strategy).prop_map(std::rc::Rc::new);
    let pairs = proptest::collection::vec(pairs, 2);
    runner::check(8 * runner::cases(), &pairs, |values| {
        for (i, a) in values.iter().enumerate() {
            for b in values.iter().skip(i) {
                check_key_pair(&**a, &**b).map_err(Difference::new)?;
            }
        }
        Ok(())
    });
}
