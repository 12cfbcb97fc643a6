//! Results as a page of HTML that needs nothing else.

use crate::record::{Latency, Memory, Record};
use crate::table::{held_per_key, push};

const STYLE: &str = "
:root { color-scheme: light dark; --text: #1b1b1b; --page: #fff; --quiet: #767676; --bar: #4a7ebb; --line: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e4e4; --page: #16181b; --quiet: #9a9a9a; --bar: #6f9fd8; --line: #ff8a80; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); margin: 2rem; }
svg { max-width: 100%; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--text); }
.bar { fill: var(--bar); } .whisker { stroke: var(--text); } .grid { stroke: var(--quiet); opacity: .3; }
.one { stroke: var(--line); stroke-dasharray: 4 3; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .15rem .7rem; text-align: right; border-bottom: 1px solid color-mix(in srgb, var(--quiet) 30%, transparent); }
th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left; }
.scroll { overflow-x: auto; }
";

/// Pixels to the left of the bars, of the bars, to their right, and of a bar with the gap to the next.
const LEFT: f64 = 250.0;
const WIDTH: f64 = 560.0;
const RIGHT: f64 = 130.0;
const STEP: f64 = 22.0;

/// The page.
pub fn page(records: &[Record]) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width\"/>\n<title>State backends beside bare engines</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>State backends beside bare engines</h1>\n\
         <p>A bar is how many times as fast as the bare engine ours was: the median of the rounds of one run, with the \
         smallest and the largest. At the dashed line both are as fast.</p>\n"
    );
    let mut backends: Vec<&str> = Vec::new();
    for record in records {
        if !backends.contains(&record.backend.as_str()) {
            backends.push(&record.backend);
        }
    }
    for backend in backends {
        let of_it: Vec<&Record> = records.iter().filter(|r| r.backend == backend).collect();
        push(
            &mut page,
            format_args!("<h2>{}</h2>\n{}", escaped(backend), plot(&of_it)),
        );
    }
    page += &figures(records);
    page += "</body>\n</html>\n";
    page
}

/// A text as part of a page.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            other => safe.push(other),
        }
    }
    safe
}

#[allow(clippy::cast_precision_loss, reason = "there are few rows")]
fn at_row(row: usize) -> f64 {
    row as f64 * STEP
}

/// The largest number that the axis shows, and the distance of its lines.
fn axis(records: &[&Record]) -> (f64, f64) {
    let most = records.iter().map(|record| record.spread[1]);
    // Beyond a hundred times, bars are cut off.
    let most = most.filter(|most| most.is_finite()).fold(1.0, f64::max);
    let most = most.min(100.0) * 1.02;
    let steps = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];
    let step = steps.into_iter().find(|step| most / step <= 10.0);
    (most, step.unwrap_or(most))
}

fn plot(records: &[&Record]) -> String {
    let (most, step) = axis(records);
    let x = |ratio: f64| LEFT + WIDTH * (ratio / most).clamp(0.0, 1.0);
    let (height, width) = (at_row(records.len()) + 30.0, LEFT + WIDTH + RIGHT);
    let bottom = at_row(records.len()) + 5.0;
    let mut svg = format!(
        "<svg role=\"img\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n"
    );
    let vertical = |class: &str, at: f64| {
        format!(
            "<line class=\"{class}\" x1=\"{at:.1}\" y1=\"0\" x2=\"{at:.1}\" y2=\"{bottom:.1}\"/>\n"
        )
    };
    let mut mark = 0.0;
    while mark <= most {
        svg += &vertical("grid", x(mark));
        let below = bottom + 16.0;
        push(
            &mut svg,
            format_args!(
                "<text x=\"{:.1}\" y=\"{below:.1}\" text-anchor=\"middle\">{mark:.1}</text>\n",
                x(mark)
            ),
        );
        mark += step;
    }
    for (row, record) in records.iter().enumerate() {
        svg += &bar(record, at_row(row), x);
    }
    svg += &vertical("one", x(1.0));
    svg + "</svg>\n"
}

fn bar(record: &Record, top: f64, x: impl Fn(f64) -> f64) -> String {
    let (name, ratio, [least, most]) = (escaped(&record.workload), record.ratio, record.spread);
    let (middle, base) = (top + STEP / 2.0, top + STEP / 2.0 + 4.0);
    let (from, to) = (x(least), x(most));
    let mut svg = format!(
        "<g><title>{name}: {ratio:.2} ({least:.2} to {most:.2})</title>\n\
         <text x=\"{:.1}\" y=\"{base:.1}\" text-anchor=\"end\">{name}</text>\n\
         <rect class=\"bar\" x=\"{LEFT:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>\n",
        LEFT - 8.0,
        top + 4.0,
        x(ratio) - LEFT,
        STEP - 8.0,
    );
    let ends = [
        (from, middle, to, middle),
        (from, top + 6.0, from, top + STEP - 6.0),
        (to, top + 6.0, to, top + STEP - 6.0),
    ];
    for (x1, y1, x2, y2) in ends {
        push(
            &mut svg,
            format_args!(
                "<line class=\"whisker\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>\n"
            ),
        );
    }
    svg + &format!(
        "<text x=\"{:.1}\" y=\"{base:.1}\">{ratio:.2}</text></g>\n",
        to + 8.0
    )
}

/// Heads of the table.
const HEADS: [&str; 22] = [
    "backend",
    "workload",
    "keys",
    "ratio",
    "least",
    "most",
    "ratio on the CPU",
    "ours, ops/s",
    "bare, ops/s",
    "check",
    "final check",
    "ours p50 ns",
    "p99",
    "p99.9",
    "max",
    "bare p50 ns",
    "p99",
    "p99.9",
    "max",
    "allocations an op, ours / bare",
    "bytes an op, ours / bare",
    "bytes held a key, ours / bare",
];

fn figures(records: &[Record]) -> String {
    let mut table = "<h2>All figures</h2>\n<div class=\"scroll\"><table>\n<tr>".to_owned();
    for head in HEADS {
        push(&mut table, format_args!("<th>{}</th>", escaped(head)));
    }
    table += "</tr>\n";
    for record in records {
        table += "<tr>";
        for cell in cells(record) {
            push(&mut table, format_args!("<td>{}</td>", escaped(&cell)));
        }
        table += "</tr>\n";
    }
    table + "</table></div>\n"
}

fn cells(record: &Record) -> Vec<String> {
    let [least, most] = record.spread;
    let mut cells = vec![
        record.backend.clone(),
        record.workload.clone(),
        record.keys.to_string(),
        format!("{:.2}", record.ratio),
        format!("{least:.2}"),
        format!("{most:.2}"),
        record
            .cpu_ratio
            .map_or_else(String::new, |ratio| format!("{ratio:.2}")),
        format!("{:.0}", record.ops_per_s),
        format!("{:.0}", record.raw_ops_per_s),
        record.check.to_string(),
        record.final_check.to_string(),
    ];
    for latency in [record.latency, record.raw_latency] {
        cells.extend(nanos(latency));
    }
    let both = |figure: &dyn Fn(Memory) -> String| {
        let sides = record.memory.zip(record.raw_memory);
        sides.map_or_else(String::new, |(ours, bare)| {
            format!("{} / {}", figure(ours), figure(bare))
        })
    };
    cells.push(both(&|memory| format!("{:.3}", memory.allocations_per_op)));
    cells.push(both(&|memory| format!("{:.1}", memory.bytes_per_op)));
    cells.push(both(&|memory| {
        format!("{:.1}", held_per_key(memory.bytes_held, record))
    }));
    cells
}

fn nanos(latency: Option<Latency>) -> [String; 4] {
    latency.map_or_else(Default::default, |latency| {
        [latency.p50, latency.p99, latency.p999, latency.max].map(|nanos| nanos.to_string())
    })
}
