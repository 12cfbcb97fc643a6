//! Floats that can be keys: identity and order by [`f64::total_cmp`].

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

macro_rules! total {
    ($name:ident, $float:ident, $example:literal) => {
        #[doc = concat!("An `", stringify!($float), "` with the total order of IEEE 754, so that it can be a key.")]
        ///
        /// Negative NaNs come first, then negative infinity up to -0.0, then 0.0 up to infinity,
        /// then NaNs. Two values are equal if their bits are: -0.0 is not 0.0, and a NaN is itself.
        ///
        /// ```
        #[doc = concat!("use state_api::key::", stringify!($name), " as Total;")]
        ///
        #[doc = concat!("assert!(Total(-0.0) < Total(0.0) && Total(", $example, "::INFINITY) < Total(", $example, "::NAN));")]
        /// ```
        #[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $float);

        impl PartialEq for $name {
            #[inline]
            fn eq(&self, other: &Self) -> bool {
                self.0.to_bits() == other.0.to_bits()
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            #[inline]
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            #[inline]
            fn cmp(&self, other: &Self) -> Ordering {
                self.0.total_cmp(&other.0)
            }
        }

        impl Hash for $name {
            #[inline]
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.to_bits().hash(state);
            }
        }

        impl From<$float> for $name {
            #[inline]
            fn from(value: $float) -> Self {
                Self(value)
            }
        }

        impl From<$name> for $float {
            #[inline]
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

total!(TotalF32, f32, "f32");
total!(TotalF64, f64, "f64");
