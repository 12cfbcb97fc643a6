//! Printed programs compile, fail on the store that they were printed for, and hold on a sound one; the
//! test `printing` shows that they are what is printed.

#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "programs are printed for people, not for lints"
)]

#[path = "../teeth/broken.rs"]
#[allow(dead_code, reason = "the teeth use all of it")]
mod broken;
mod store;

use std::panic::catch_unwind;

use store::{STORE, with};

macro_rules! programs {
    ($($name:ident: $defect:ident;)+) => {
        $(
            mod $name {
                use super::{STORE, broken, catch_unwind, with};

                // With the test `counterexample`, which holds on a sound store.
                include!(concat!("programs/", stringify!($name), ".rs"));

                #[test]
                fn fails_on_the_broken_store() {
                    let failed = with(broken::Defect::$defect, || {
                        !matches!(catch_unwind(counterexample), Ok(Ok(())))
                    });
                    assert!(failed, "the program does not see the defect");
                }
            }
        )+
    };
}

store::each_program!(programs);

/// With the test `counterexample`, which holds: no step fails on a sound store.
mod every_step {
    use super::STORE;

    include!("programs/every_step.rs");
}
