//! The capability card says what a run showed, and never more.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use proptest::prelude::any;
use state_api::{ErrorKind, KeyGroups, Result, StateKey};
use state_conformance::card::{Card, Outcome};
use state_conformance::suite::{Lack, Suite, run};
use state_conformance::{BackendFactory, PROPERTIES, law};
use state_store::{MemoryStore, StoreBackend};
use tempfile::TempDir;

struct Memory;

impl BackendFactory for Memory {
    type Backend<K: StateKey> = StoreBackend<K, MemoryStore>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        StoreBackend::new(MemoryStore::new(), groups)
    }
}

const SUITE: Suite = Suite {
    name: "example",
    package: "some-package",
    version: "1.2.3",
    folder: env!("CARGO_MANIFEST_DIR"),
    lacks: &[
        Lack {
            theme: "durability",
            gap: "lacks_durable",
            reason: "memory | \"does not\" survive",
        },
        Lack {
            theme: "native",
            gap: "lacks_native",
            reason: "there are no files",
        },
    ],
};

/// What a child runs: properties that begin with it, and nothing when it is not set.
const RUNS: &str = "CARD_TEST_RUNS";
/// The property that fails in a child.
const FAILS: &str = "CARD_TEST_FAILS";
/// The property in which a child ends.
const ABORTS: &str = "CARD_TEST_ABORTS";

fn passes(_: &Memory) {}

fn generates(_: &Memory) {
    law::check_key(any::<u8>());
}

fn fails(_: &Memory) {
    panic!(
        "the law is broken | by <this>\n  expected \"a\\b\"\n  found    `c`\nand more\nand more"
    );
}

fn aborts(_: &Memory) {
    std::process::abort();
}

/// Runs a suite whose properties do as the environment says: in a process of its own.
#[test]
#[ignore = "run by the tests of this file in processes of their own"]
fn child() {
    let set = |name| std::env::var(name).ok();
    let Some(runs) = set(RUNS) else {
        return;
    };
    let gaps = SUITE.lacks.iter().map(|lack| (lack.theme, lack.gap));
    let of_themes = PROPERTIES
        .iter()
        .flat_map(|(theme, properties)| properties.iter().map(move |property| (*theme, *property)))
        .filter(|(theme, _)| SUITE.lacks.iter().all(|lack| lack.theme != *theme));
    let mut failed = false;
    for (theme, property) in gaps.chain(of_themes) {
        let name = format!("{theme}::{property}");
        if !runs.split(',').any(|begin| name.starts_with(begin)) {
            continue;
        }
        let property_is = |variable| set(variable).is_some_and(|given| given == name);
        let test = if property_is(FAILS) {
            fails
        } else if property_is(ABORTS) {
            aborts
        } else if theme == "generated" {
            generates
        } else {
            passes
        };
        let result = catch_unwind(AssertUnwindSafe(|| {
            run(&SUITE, "card::child", [theme, property], &Memory, test);
        }));
        failed |= result.is_err();
    }
    assert!(!failed, "a property failed");
}

/// A folder of cards, and children that fill it.
struct Site(TempDir);

impl Site {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn command(&self, executable: &Path, runs: &str) -> Command {
        let mut command = Command::new(executable);
        command
            .args(["child", "--exact", "--ignored"])
            .env("STATE_CONFORMANCE_CARD", self.0.path())
            .env(RUNS, runs)
            .env_remove("NEXTEST_RUN_ID")
            .env_remove("STATE_CONFORMANCE_CASES")
            .env_remove("STATE_CONFORMANCE_SEED");
        command
    }

    fn run(&self, runs: &str, environment: &[(&str, &str)]) -> Output {
        let executable = std::env::current_exe().unwrap();
        let mut command = self.command(&executable, runs);
        let output = command.envs(environment.iter().copied()).output().unwrap();
        assert!(
            String::from_utf8_lossy(&output.stdout).contains("running 1 test"),
            "{output:?}"
        );
        output
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("some-package/example")
    }

    fn card(&self) -> Card {
        Card::read(&self.path().join("card.json")).unwrap()
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path().join("card.md")).unwrap()
    }

    /// How a property ended.
    fn outcome(&self, name: &str) -> Outcome {
        let card = self.card();
        let mut entries = card.properties.into_iter();
        let found = entries.find(|entry| format!("{}::{}", entry.theme, entry.property) == name);
        found.unwrap().outcome
    }
}

/// All properties.
const ALL: &str = "";

/// Number of properties of the suite, and of those in the themes that are lacking.
fn numbers() -> [usize; 2] {
    let lacked = ["durability", "native"];
    let of = |filter: &dyn Fn(&str) -> bool| {
        let themes = PROPERTIES.iter().filter(|(theme, _)| filter(theme));
        themes.map(|(_, properties)| properties.len()).sum()
    };
    [of(&|_| true), of(&|theme| lacked.contains(&theme))]
}

#[test]
fn a_whole_run_that_passes_is_certified() {
    let site = Site::new();
    assert!(site.run(ALL, &[]).status.success());
    let card = site.card();
    assert!(card.certified);
    assert_eq!(
        (card.suite.as_str(), card.backend.as_str()),
        ("example", "memory")
    );
    assert_eq!(
        (card.package.as_str(), card.version.as_str()),
        ("some-package", "1.2.3")
    );
    assert_eq!(card.suite_version, env!("CARGO_PKG_VERSION"));
    assert_eq!(card.cases, 32);
    assert_eq!(card.capability.get("tracks_changes"), Some(&true));
    assert_eq!(card.capability.get("survives_close"), Some(&false));
    assert_eq!(card.durable_capability, None);
    let [all, lacked] = numbers();
    // Both gaps pass.
    assert_eq!(card.counts(), [all - lacked + 2, 0, lacked, 0]);
    let cases = site.outcome("generated::generated_operations");
    assert_eq!(cases, Outcome::Passed { cases: Some(256) });
    assert!(
        card.run
            .seeds
            .contains_key("generated::generated_operations")
    );
    assert!(site.text().contains("**Certified**"), "{}", site.text());
}

#[test]
fn a_theme_that_is_lacking_shows_with_its_reason() {
    let site = Site::new();
    site.run(ALL, &[]);
    let lacked = Outcome::Lacked {
        reason: "memory | \"does not\" survive".to_owned(),
    };
    assert_eq!(
        site.outcome("durability::what_is_committed_is_found"),
        lacked
    );
    assert!(
        site.text()
            .contains("lacked: memory \\| \"does not\" survive"),
        "{}",
        site.text()
    );
}

#[test]
fn a_gap_that_is_not_shown_is_not_certified() {
    let site = Site::new();
    let fails = [(FAILS, "native::lacks_native")];
    assert!(!site.run(ALL, &fails).status.success());
    assert!(!site.card().certified);
    assert!(matches!(
        site.outcome("native::lacks_native"),
        Outcome::Failed { .. }
    ));
}

#[test]
fn a_failure_shows_with_its_reason_and_is_not_certified() {
    let site = Site::new();
    let fails = [(FAILS, "views::epochs_ascend")];
    assert!(!site.run(ALL, &fails).status.success());
    assert!(!site.card().certified);
    let reason = "the law is broken | by <this>\n  expected \"a\\b\"\n  found    `c`".to_owned();
    assert_eq!(
        site.outcome("views::epochs_ascend"),
        Outcome::Failed { reason }
    );
    let text = site.text();
    assert!(
        text.contains("**Not certified**") && !text.contains("**Certified**"),
        "{text}"
    );
    let row = "| views | epochs_ascend | **failed**: the law is broken \\| by &lt;this&gt; \
               expected \"a\\\\b\" found \\`c\\` |\n";
    assert!(text.contains(row), "{text}");
}

#[test]
fn what_did_not_run_shows_so_and_is_not_certified() {
    let site = Site::new();
    assert!(site.run("views::", &[]).status.success());
    assert!(!site.card().certified);
    assert_eq!(
        site.outcome("keys::map_order_is_encoding_order"),
        Outcome::NotRun
    );
    assert_eq!(site.outcome("native::lacks_native"), Outcome::NotRun);
    assert!(matches!(
        site.outcome("views::epochs_ascend"),
        Outcome::Passed { .. }
    ));
    assert!(site.text().contains("**Not certified**"), "{}", site.text());
}

#[test]
fn an_earlier_run_does_not_count() {
    let site = Site::new();
    site.run(ALL, &[]);
    assert!(site.card().certified);
    site.run("views::", &[]);
    assert!(!site.card().certified);
    assert_eq!(
        site.outcome("keys::map_order_is_encoding_order"),
        Outcome::NotRun
    );
}

#[test]
fn processes_of_one_run_make_one_card() {
    let site = Site::new();
    let themes: Vec<_> = PROPERTIES.iter().map(|(theme, _)| *theme).collect();
    let (some, others) = themes.split_at(5);
    let of_one = [("NEXTEST_RUN_ID", "one")];
    site.run(&some.join(","), &of_one);
    assert!(!site.card().certified);
    site.run(&others.join(","), &of_one);
    assert!(site.card().certified);
    site.run(&others.join(","), &[("NEXTEST_RUN_ID", "another")]);
    assert!(!site.card().certified);
}

#[test]
fn processes_at_the_same_time_lose_no_record() {
    let site = Site::new();
    let executable = std::env::current_exe().unwrap();
    let children = PROPERTIES.iter().map(|(theme, _)| {
        let mut command = site.command(&executable, &format!("{theme}::"));
        command.env("NEXTEST_RUN_ID", "one").spawn().unwrap()
    });
    for mut child in children.collect::<Vec<_>>() {
        assert!(child.wait().unwrap().success());
    }
    assert!(site.card().certified, "{}", site.text());
}

#[test]
fn another_executable_does_not_count() {
    let site = Site::new();
    let of_one = [("NEXTEST_RUN_ID", "one")];
    site.run(ALL, &of_one);
    assert!(site.card().certified);
    let built_again = site.0.path().join("built-again");
    fs::copy(std::env::current_exe().unwrap(), &built_again).unwrap();
    let mut command = site.command(&built_again, "views::");
    assert!(command.envs(of_one).output().unwrap().status.success());
    assert!(!site.card().certified);
}

#[test]
fn a_failure_stays_one_when_it_is_tried_again() {
    let site = Site::new();
    let of_one = ("NEXTEST_RUN_ID", "one");
    site.run(ALL, &[of_one, (FAILS, "views::epochs_ascend")]);
    assert!(site.run("views::epochs_ascend", &[of_one]).status.success());
    assert!(!site.card().certified);
    assert!(matches!(
        site.outcome("views::epochs_ascend"),
        Outcome::Failed { .. }
    ));
}

#[test]
fn a_property_that_takes_its_process_along_has_not_ended() {
    let site = Site::new();
    let aborts = [(ABORTS, "views::epochs_ascend")];
    assert!(!site.run(ALL, &aborts).status.success());
    assert!(!site.card().certified);
    assert_eq!(site.outcome("views::epochs_ascend"), Outcome::NotEnded);
    assert!(
        site.text()
            .contains("| views | epochs_ascend | **not ended** |")
    );
}

#[test]
fn too_few_cases_are_not_certified() {
    let site = Site::new();
    site.run(ALL, &[("STATE_CONFORMANCE_CASES", "31")]);
    let card = site.card();
    assert_eq!((card.certified, card.cases), (false, 31));
    assert!(
        site.text().contains("31 generated histories are too few"),
        "{}",
        site.text()
    );
}

#[test]
fn a_given_seed_is_on_the_card() {
    let site = Site::new();
    site.run(ALL, &[("STATE_CONFORMANCE_SEED", "5")]);
    let seeds: Vec<_> = site.card().run.seeds.into_values().collect();
    assert_eq!(seeds, [5, 5, 5]);
}

#[test]
fn runs_that_find_the_same_make_the_same_card_but_for_its_end() {
    let site = Site::new();
    let texts = [(), ()].map(|()| {
        site.run(ALL, &[]);
        site.text()
    });
    let [a, b] = texts
        .each_ref()
        .map(|text| text.split_once("## This run").unwrap());
    assert_eq!(a.0, b.0);
    assert_ne!(a.1, b.1);
}

#[test]
fn no_card_is_made_where_none_is_wanted() {
    let site = Site::new();
    assert!(
        site.run(ALL, &[("STATE_CONFORMANCE_CARD", "")])
            .status
            .success()
    );
    assert_eq!(fs::read_dir(site.0.path()).unwrap().count(), 0);
}

#[test]
fn a_card_that_is_asked_for_and_cannot_be_written_fails() {
    let site = Site::new();
    fs::write(site.0.path().join("some-package"), "a file").unwrap();
    let output = site.run("views::epochs_ascend", &[]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("asks for a card, and it cannot be written"),
        "{said}"
    );
}

#[test]
fn other_files_are_no_cards() {
    let site = Site::new();
    let path = site.0.path().join("card.json");
    let kind = || Card::read(&path).unwrap_err().kind();
    assert_eq!(kind(), ErrorKind::Io);
    fs::write(&path, "{}").unwrap();
    assert_eq!(kind(), ErrorKind::Corrupt);
    fs::write(&path, "{\"format\": 2}").unwrap();
    assert_eq!(kind(), ErrorKind::Unsupported);
}
