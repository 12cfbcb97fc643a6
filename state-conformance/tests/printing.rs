//! What is printed for a history is the program that is kept: `PRINT=1 cargo test -p state-conformance --test
//! printing` keeps what is printed now. The test `printed` compiles and runs what is kept.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "teeth/broken.rs"]
#[allow(dead_code, reason = "the teeth use all of it")]
mod broken;
#[path = "printed/history.rs"]
mod history;
#[path = "printed/store.rs"]
mod store;

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use broken::Defect;
use state_conformance::model::{self, Step};
use state_conformance::properties::generated;
use store::{STORE, with};

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

fn check(name: &str, defect: Defect, history: &[Step]) {
    let seed = "seed: none, the history was chosen";
    let program = with(defect, || model::counterexample(&STORE, history, seed));
    assert_kept(name, &program.unwrap());
}

macro_rules! programs {
    ($($name:ident: $defect:ident;)+) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name), Defect::$defect, &history::$name());
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
fn a_sound_store_gives_no_counterexample() {
    assert_eq!(
        model::counterexample(&STORE, &history::every_step(), ""),
        None
    );
}

#[test]
fn a_failure_of_the_suite_prints_its_program() {
    let failure = with(Defect::OneTable, || {
        catch_unwind(|| generated::generated_operations(&STORE))
    });
    let report = failure.unwrap_err().downcast::<String>().unwrap();
    let seed = report.lines().find(|line| line.starts_with("seed: "));
    let heading = "as a program, to paste into a test file:\n\n";
    let (_, program) = report.split_once(heading).unwrap();
    assert!(
        program.contains(&format!("// {}\n", seed.unwrap())),
        "{report}"
    );
    assert!(program.contains("let factory = STORE;\n"), "{report}");
    assert!(program.contains("// step 0\n    "), "{report}");
}
