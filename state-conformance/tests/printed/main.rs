//! Printed programs compile, fail on the backend that they were printed for, and hold on a sound one; the
//! test `printing` shows that they are what is printed.

#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "programs are printed for people, not for lints"
)]

#[path = "../teeth/bent/mod.rs"]
#[allow(dead_code, reason = "the teeth use all of it")]
mod bent;
#[path = "../teeth/broken.rs"]
#[allow(dead_code, reason = "the teeth use all of it")]
mod broken;
mod store;
#[path = "../teeth/wasteful.rs"]
#[allow(dead_code, reason = "the teeth use all of it")]
mod wasteful;

use std::panic::catch_unwind;

use bent::Bend;
use broken::Defect;
use store::{ENGINE, STORE, TYPED, with};
use wasteful::Waste;

macro_rules! programs {
    ($($name:ident: $factory:ident with $flaw:ident::$variant:ident in $from:ident;)+) => {
        $(
            mod $name {
                use super::{$factory, $flaw, catch_unwind, with};

                // With the test `counterexample`, which holds on a sound backend.
                include!(concat!("programs/", stringify!($name), ".rs"));

                #[test]
                fn fails_on_the_broken_backend() {
                    let failed = with($flaw::$variant, || {
                        !matches!(catch_unwind(counterexample), Ok(Ok(())))
                    });
                    assert!(failed, "the program does not see the defect");
                }
            }
        )+
    };
}

store::each_program!(programs);

/// Programs that hold: no step fails on a sound backend.
macro_rules! sound {
    ($($name:ident: $factory:ident;)+) => {
        $(
            mod $name {
                use super::$factory;

                // With the test `counterexample`, which holds.
                include!(concat!("programs/", stringify!($name), ".rs"));
            }
        )+
    };
}

sound! {
    every_step: STORE;
    every_flight: TYPED;
    every_look: TYPED;
    every_relay: TYPED;
    every_bill: ENGINE;
}
