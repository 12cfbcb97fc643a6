//! The table of properties and backends in `docs/conformance.md` has every property, and agrees with what the
//! backends say that they lack. It is written from the cards of a run by `scripts/conformance_table`.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod document;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use document::{assert_part, part, writes};
use state_conformance::PROPERTIES;
use state_conformance::card::{Card, Entry, Outcome};

/// The backends of the family: package and suite.
const BACKENDS: [(&str, &str); 5] = [
    ("state-heap", "heap"),
    ("state-store", "memory"),
    ("state-redb", "redb"),
    ("state-sled", "sled"),
    ("state-rocksdb", "rocksdb"),
];

/// Whose column may be open: a library that is compiled for a quarter of an hour.
const MAY_BE_OPEN: &str = "rocksdb";

const PASSED: &str = "yes";
const LACKED: &str = "lacks";
const OPEN: &str = "open";

/// What `lacks:` calls a theme.
const GAPS: [(&str, &str); 4] = [
    ("durable", "durability"),
    ("native", "native"),
    ("incremental", "incremental"),
    ("cost", "cost"),
];

/// Themes that a backend lacks, as its test says, with the reasons.
fn lacks(package: &str) -> BTreeMap<&'static str, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let source = fs::read_to_string(root.join(package).join("tests/conformance.rs")).unwrap();
    let (_, call) = source.split_once("suite!(").unwrap();
    let mut lacks = BTreeMap::new();
    for (gap, theme) in GAPS {
        if let Some((_, behind)) = call.split_once(&format!("{gap} => \"")) {
            let (reason, _) = behind.split_once('"').unwrap();
            lacks.insert(theme, reason.to_owned());
        }
    }
    lacks
}

/// The cells of a backend, by theme and property.
type Column = BTreeMap<(String, String), String>;

/// The table that is committed, by suite.
fn committed() -> BTreeMap<String, Column> {
    let mut columns = BTreeMap::<String, Column>::new();
    let text = part("backends");
    let mut rows = text.lines().map(cells);
    let suites = rows.next().unwrap_or_default();
    for row in rows.skip(1) {
        for (suite, cell) in suites.iter().zip(&row).skip(2) {
            let name = |at: usize| row.get(at).cloned().unwrap_or_default();
            let column = columns.entry(suite.clone()).or_default();
            let before = column.insert((name(0), name(1)), cell.clone());
            assert_eq!(before, None, "{row:?} is there twice");
        }
    }
    columns
}

/// The cells of a row of a table.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_matches('|');
    let cells = row.split('|').map(|cell| cell.trim().trim_matches('`'));
    cells.map(str::to_owned).collect()
}

/// The folder of cards of the runs of this target folder.
fn cards() -> PathBuf {
    let executable = std::env::current_exe().unwrap();
    executable.ancestors().nth(3).unwrap().join("conformance")
}

/// The cells of a card, if there is one of this list of properties.
fn of_card(package: &str, suite: &str) -> Option<Column> {
    let card = Card::read(&cards().join(package).join(suite).join("card.json")).ok()?;
    let listed = PROPERTIES
        .iter()
        .flat_map(|(theme, of_theme)| of_theme.iter().map(move |property| (*theme, *property)));
    let mut column = Column::new();
    for (theme, property) in listed {
        let is_it = |entry: &&Entry| (&*entry.theme, &*entry.property) == (theme, property);
        let cell = match &card.properties.iter().find(is_it)?.outcome {
            Outcome::Passed { .. } => PASSED,
            Outcome::Lacked { .. } => LACKED,
            outcome => panic!("{suite}: {theme}::{property} is {outcome:?}"),
        };
        column.insert((theme.to_owned(), property.to_owned()), cell.to_owned());
    }
    assert!(card.certified, "the card of {suite} is not certified");
    Some(column)
}

fn render(columns: &BTreeMap<String, Column>) -> String {
    let mut table = String::from("| theme | property |");
    for (_, suite) in BACKENDS {
        write!(table, " {suite} |").unwrap();
    }
    table += "\n|---|---|";
    table += &"---|".repeat(BACKENDS.len());
    table.push('\n');
    for (theme, of_theme) in PROPERTIES {
        for property in *of_theme {
            write!(table, "| `{theme}` | `{property}` |").unwrap();
            for (package, suite) in BACKENDS {
                let place = (String::from(*theme), String::from(*property));
                let cell = columns.get(suite).and_then(|column| column.get(&place));
                let unknown = if lacks(package).contains_key(theme) {
                    LACKED
                } else {
                    OPEN
                };
                let cell = cell.map_or(unknown, String::as_str);
                write!(table, " {cell} |").unwrap();
            }
            table.push('\n');
        }
    }
    table
}

#[test]
fn the_table_is_made_of_cards() {
    let mut columns = committed();
    if writes() {
        for (package, suite) in BACKENDS {
            if let Some(column) = of_card(package, suite) {
                columns.insert(suite.to_owned(), column);
            }
        }
    }
    // A cell of a property that is no longer there is not rendered, and one that is new is open.
    assert_part("backends", &render(&columns));
}

#[test]
fn the_table_agrees_with_what_backends_lack() {
    let columns = committed();
    for (package, suite) in BACKENDS {
        let lacks = lacks(package);
        let column = columns.get(suite).unwrap();
        for (theme, of_theme) in PROPERTIES {
            for property in *of_theme {
                let place = (String::from(*theme), String::from(*property));
                let cell = column.get(&place).unwrap().as_str();
                let expected: &[&str] = match (lacks.contains_key(theme), suite) {
                    (true, _) => &[LACKED],
                    (false, MAY_BE_OPEN) => &[PASSED, OPEN],
                    (false, _) => &[PASSED],
                };
                assert!(
                    expected.contains(&cell),
                    "{suite}, {theme}::{property} is {cell:?}, not of {expected:?}: run \
                     scripts/conformance_table"
                );
            }
        }
    }
}

#[test]
fn the_reasons_are_those_of_the_backends() {
    let mut table = String::from("| backend | lacks | because |\n|---|---|---|\n");
    for (package, suite) in BACKENDS {
        for (theme, reason) in lacks(package) {
            writeln!(table, "| {suite} | `{theme}` | {reason} |").unwrap();
        }
    }
    assert_part("reasons", &table);
}

/// Not properties of the suite, and named beside them.
const OTHERS: [&str; 2] = ["swap_within_a_chain", "long_lists_are_read_lazily"];

#[test]
fn every_property_that_is_named_is_there() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance.md");
    let text = fs::read_to_string(path).unwrap();
    let (_, from) = text.split_once("## Flink's tests and ours").unwrap();
    let (section, _) = from.split_once("## The zoo").unwrap();
    let words = section.split('`').skip(1).step_by(2);
    let names = words.filter(|word| {
        let is_name = word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        is_name && word.matches('_').count() > 1
    });
    let mut count = 0;
    for name in names {
        let listed = PROPERTIES.iter().any(|(_, of)| of.contains(&name));
        assert!(
            listed || OTHERS.contains(&name),
            "there is no property {name}"
        );
        count += 1;
    }
    assert!(count > 30, "{count} properties are named");
}
