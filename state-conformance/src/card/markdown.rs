//! The card for people.

use std::fmt::Write;

use super::{Card, Entry, Outcome};
use crate::runner::CASES;

/// Text in a cell of a table, on one line.
fn cell(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut escaped = String::new();
    for char in line.chars() {
        match char {
            // What Markdown or HTML would take for its own.
            '|' | '\\' | '`' | '*' | '[' | ']' | '~' => escaped.extend(['\\', char]),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            _ => escaped.push(char),
        }
    }
    escaped
}

fn verdict(card: &Card) -> String {
    let [passed, failed, lacked, open] = card.counts();
    let mut verdict = if card.certified {
        format!("**Certified**: {passed} properties passed")
    } else {
        format!(
            "**Not certified**: {passed} properties passed, {failed} failed, {open} did not run to their end"
        )
    };
    if lacked > 0 {
        let _ = write!(verdict, ", {lacked} are of themes that it lacks");
    }
    if card.cases < CASES {
        let _ = write!(
            verdict,
            "; {} generated histories are too few, it takes {CASES}",
            card.cases
        );
    }
    verdict
}

fn outcome(entry: &Entry) -> String {
    match &entry.outcome {
        Outcome::Passed { cases: None } => "passed".to_owned(),
        Outcome::Passed { cases: Some(cases) } => format!("passed, {cases} cases"),
        Outcome::Failed { reason } => format!("**failed**: {}", cell(reason)),
        Outcome::Lacked { reason } => format!("lacked: {}", cell(reason)),
        Outcome::NotEnded => "**not ended**".to_owned(),
        Outcome::NotRun => "**not run**".to_owned(),
    }
}

/// The card as Markdown. All above the last heading is the same in every run that found the same.
pub(super) fn render(card: &Card) -> String {
    let mut text = String::new();
    let mut line = |line: std::fmt::Arguments<'_>| {
        let _ = writeln!(text, "{line}");
    };
    line(format_args!("# Capability card: {}", cell(&card.suite)));
    line(format_args!("\n{}.\n", verdict(card)));
    line(format_args!("| what | which |\n|---|---|"));
    line(format_args!("| backend | {} |", cell(&card.backend)));
    line(format_args!(
        "| tested by | {} {} |",
        cell(&card.package),
        cell(&card.version)
    ));
    line(format_args!(
        "| suite | state-conformance {} |",
        card.suite_version
    ));
    line(format_args!("| platform | {} |", cell(&card.platform)));
    line(format_args!(
        "| generated histories per property | {} |",
        card.cases
    ));
    line(format_args!("\n## Promises\n"));
    line(format_args!(
        "| capability | scratch mode | durable mode |\n|---|---|---|"
    ));
    for (name, promised) in &card.capability {
        let yes =
            |promised: Option<&bool>| promised.map_or("-", |yes| ["no", "yes"][usize::from(*yes)]);
        let durable = card.durable_capability.as_ref();
        let durable = durable.and_then(|promises| promises.get(name));
        line(format_args!(
            "| {} | {} | {} |",
            cell(name),
            yes(Some(promised)),
            yes(durable)
        ));
    }
    line(format_args!("\n## Properties\n"));
    line(format_args!(
        "| theme | property | outcome |\n|---|---|---|"
    ));
    for entry in &card.properties {
        let (theme, property) = (&entry.theme, &entry.property);
        line(format_args!(
            "| {theme} | {property} | {} |",
            outcome(entry)
        ));
    }
    line(format_args!("\n## This run\n"));
    line(format_args!(
        "Run {}, {:.0} s in properties.",
        card.run.id, card.run.seconds
    ));
    if !card.run.seeds.is_empty() {
        line(format_args!("\n| property | seed |\n|---|---|"));
    }
    for (name, seed) in &card.run.seeds {
        line(format_args!("| {name} | {seed} |"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_one_line_of_plain_text() {
        assert_eq!(
            cell("a|b\n  expected `x_y` <y> & *z*"),
            "a\\|b expected \\`x_y\\` &lt;y&gt; &amp; \\*z\\*"
        );
    }
}
