//! The page of results: well formed, whatever the names in it, and by itself.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use state_bench::html::page;
use state_bench::record::{EngineCalls, Latency, Memory, Record};

fn record(backend: &str, workload: &str, ratio: f64) -> Record {
    let latency = Latency {
        p50: 50,
        p99: 99,
        p999: 999,
        max: 12_345,
    };
    let memory = Memory {
        allocations_per_op: 1.5,
        bytes_per_op: 150.0,
        bytes_held: 28_000,
    };
    let calls = EngineCalls {
        gets_per_op: 1.0,
        writes_per_op: 0.5,
        scans_per_op: 0.25,
        rows_scanned_per_op: 2.75,
    };
    Record {
        version: "1".to_owned(),
        backend: backend.to_owned(),
        workload: workload.to_owned(),
        keys: 1_000,
        key_groups: 128,
        tracked: false,
        same_keys: false,
        iterations: 5,
        operations: 1_000,
        ops_per_s: 2e6,
        raw_ops_per_s: 4e6,
        cpu_ops_per_s: None,
        ratio,
        spread: [ratio * 0.9, ratio * 1.1],
        cpu_ratio: None,
        cpu_spread: None,
        check: u64::MAX,
        final_check: 7,
        latency: Some(latency),
        raw_latency: Some(latency),
        memory: Some(memory),
        raw_memory: None,
        calls: Some(calls),
    }
}

/// The names of the elements that are opened and not closed, in order; panics where they do not nest.
fn check_nesting(page: &str) {
    let mut open = Vec::new();
    let (_, mut rest) = page.split_once("<!DOCTYPE html>").unwrap();
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').unwrap();
        rest = after;
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        assert!(!tag.contains('<'), "{tag}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None if tag.ends_with('/') => {}
            None => open.push(tag.split_whitespace().next().unwrap()),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn elements_nest_whatever_the_names() {
    check_nesting(&page::<Record>(&[]));
    let odd = "<b>\"&'</td>";
    let text = page(&[record("heap", "value_get", 0.8), record(odd, odd, 12.0)]);
    check_nesting(&text);
    assert!(!text.contains(odd));
    assert!(text.contains("&lt;b&gt;&quot;&amp;&#39;&lt;/td&gt;"));
}

#[test]
fn every_backend_has_a_plot_and_every_result_a_row() {
    let records = [
        record("heap", "value_get", 0.8),
        record("redb", "value_get", 1.0),
        record("heap", "value_update", 0.6),
    ];
    let text = page(&records);
    assert_eq!(text.matches("<svg ").count(), 2);
    assert_eq!(text.matches("class=\"bar\"").count(), 3);
    assert_eq!(text.matches("class=\"one\"").count(), 2);
    let cells = text.matches("<td>").count();
    assert_eq!(cells, 3 * text.matches("<th>").count());
    assert_eq!(text.matches(&u64::MAX.to_string()).count(), 3);
}

#[test]
fn nothing_is_fetched_from_elsewhere() {
    let text = page(&[record("heap", "value_get", 0.8)]);
    for part in ["src=", "href=", "url(", "@import", "<script"] {
        assert!(!text.contains(part), "{part}");
    }
    assert!(text.contains("prefers-color-scheme: dark"));
}

#[test]
fn what_is_not_a_number_does_not_hang_the_axis() {
    for ratio in [0.0, f64::NAN, f64::INFINITY, 1e12] {
        check_nesting(&page(&[record("heap", "value_get", ratio)]));
    }
}
