//! What is printed for a history is the program that is kept: `PRINT=1 cargo test -p state-conformance --test
//! printing` keeps what is printed now. The test `printed` compiles and runs what is kept.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "teeth/bent/mod.rs"]
#[allow(
    dead_code,
    clippy::indexing_slicing,
    reason = "the teeth use all of it"
)]
mod bent;
#[path = "teeth/broken.rs"]
#[allow(dead_code, reason = "the teeth use all of it")]
mod broken;
#[path = "printed/cost.rs"]
mod cost;
#[path = "printed/history.rs"]
mod history;
#[path = "printed/incremental.rs"]
mod incremental;
#[path = "printed/store.rs"]
mod store;
#[path = "teeth/wasteful.rs"]
#[allow(dead_code, reason = "the teeth use all of it")]
mod wasteful;

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use bent::Bend;
use broken::Defect;
use state_conformance::BackendFactory;
use state_conformance::model::{self, History};
use state_conformance::properties;
use state_conformance::suite::seeded;
use store::{ENGINE, Flaw, STORE, TYPED, with};
use wasteful::Waste;

/// Compares a program with the one that is kept, or keeps it.
fn assert_kept(name: &str, program: &str) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/printed/programs");
    let path = dir.join(format!("{name}.rs"));
    if std::env::var_os("PRINT").is_some() {
        fs::write(&path, program).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap();
    assert_eq!(kept, program, "{name}: PRINT=1 prints it again");
}

fn check(name: &str, factory: &impl BackendFactory, flaw: impl Flaw, history: &impl History) {
    let seed = "seed: none, the history was chosen";
    let program = with(flaw, || model::counterexample(factory, history, seed));
    assert_kept(name, &program.unwrap());
}

macro_rules! programs {
    ($($name:ident: $factory:ident with $flaw:ident::$variant:ident in $from:ident;)+) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name), &$factory, $flaw::$variant, &$from::$name());
            }
        )+
    };
}

store::each_program!(programs);

#[test]
fn every_step() {
    let steps = history::every_step();
    let kinds: BTreeSet<_> = steps.iter().map(history::kind).collect();
    assert_eq!(kinds, BTreeSet::from(history::KINDS));
    assert_kept("every_step", &model::program(&STORE, &steps));
}

#[test]
fn every_flight() {
    let steps = incremental::every_flight();
    let kinds: BTreeSet<_> = steps.iter().map(incremental::flight_kind).collect();
    assert_eq!(kinds, BTreeSet::from(incremental::FLIGHT_KINDS));
    assert_kept("every_flight", &model::program(&TYPED, &steps));
}

#[test]
fn every_look() {
    let looks = incremental::every_look();
    let kinds: BTreeSet<_> = looks.steps.iter().map(incremental::look_kind).collect();
    assert_eq!(kinds, BTreeSet::from(incremental::LOOK_KINDS));
    assert_kept("every_look", &model::program(&TYPED, &looks));
}

#[test]
fn every_relay() {
    let relay = incremental::every_relay();
    assert_kept("every_relay", &model::program(&TYPED, &relay));
}

#[test]
fn every_bill() {
    let bill = cost::every_bill();
    let kinds: BTreeSet<_> = bill.steps.iter().map(cost::kind).collect();
    assert_eq!(kinds, BTreeSet::from(cost::KINDS));
    assert_kept("every_bill", &model::program(&ENGINE, &bill));
}

#[test]
fn a_sound_backend_gives_no_counterexample() {
    let none = |program: Option<String>| assert_eq!(program, None);
    none(model::counterexample(&STORE, &history::every_step(), ""));
    none(model::counterexample(&TYPED, &history::every_step(), ""));
    none(model::counterexample(
        &TYPED,
        &incremental::every_flight(),
        "",
    ));
    none(model::counterexample(
        &TYPED,
        &incremental::every_look(),
        "",
    ));
    none(model::counterexample(
        &TYPED,
        &incremental::every_relay(),
        "",
    ));
    none(model::counterexample(&ENGINE, &cost::every_bill(), ""));
}

/// Checks that a failure of a property of the suite prints a program with its seed.
fn assert_printed<F: BackendFactory>(factory: &F, flaw: impl Flaw, property: fn(&F)) {
    let failure = with(flaw, || {
        catch_unwind(AssertUnwindSafe(|| {
            seeded(7, true, || property(factory));
        }))
    });
    let report = failure.unwrap_err().downcast::<String>().unwrap();
    let seed = report.lines().find(|line| line.starts_with("seed: "));
    let heading = "as a program, to paste into a test file:\n\n";
    let (_, program) = report.split_once(heading).unwrap();
    assert!(
        program.contains(&format!("// {}\n", seed.unwrap())),
        "{report}"
    );
    let opens = format!("let factory = {};\n", factory.expression());
    assert!(program.contains(&opens), "{report}");
    assert!(program.contains("// step 0\n    "), "{report}");
}

#[test]
fn a_failure_of_the_suite_prints_its_program() {
    let property = properties::generated::generated_operations;
    assert_printed(&STORE, Defect::OneTable, property);
}

#[test]
fn failures_of_incremental_histories_print_their_programs() {
    let property = properties::incremental::every_checkpoint_of_a_chain_restores;
    assert_printed(&TYPED, Bend::LosesTombstones, property);
    let property = properties::incremental::changes_lead_from_view_to_view;
    assert_printed(&TYPED, Bend::LosesRewrites, property);
    let property = properties::incremental::the_chain_goes_on_after_a_restore;
    assert_printed(&TYPED, Bend::LosesNewRows, property);
}

#[test]
fn failures_of_costs_print_their_programs() {
    let property = properties::cost::a_clear_walks_only_its_own_rows;
    assert_printed(&ENGINE, Waste::WalksTheTable, property);
}
