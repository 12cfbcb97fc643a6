//! Results as a page of HTML that needs nothing else.

use crate::report::{Bar, Report};
use crate::table::push;

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
pub fn page<R: Report>(records: &[R]) -> String {
    let (title, about) = (escaped(R::TITLE), escaped(R::ABOUT));
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width\"/>\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
         <p>{about}: the median of the rounds of one run, with the \
         smallest and the largest. At the dashed line both are as fast.</p>\n"
    );
    let mut backends: Vec<&str> = Vec::new();
    for record in records {
        if !backends.contains(&record.backend()) {
            backends.push(record.backend());
        }
    }
    for backend in backends {
        let of_it = records.iter().filter(|r| r.backend() == backend);
        let of_it: Vec<Bar> = of_it.filter_map(Report::bar).collect();
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
fn axis(bars: &[Bar]) -> (f64, f64) {
    let most = bars.iter().map(|bar| bar.spread[1]);
    // Beyond a hundred times, bars are cut off.
    let most = most.filter(|most| most.is_finite()).fold(1.0, f64::max);
    let most = most.min(100.0) * 1.02;
    let steps = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];
    let step = steps.into_iter().find(|step| most / step <= 10.0);
    (most, step.unwrap_or(most))
}

fn plot(bars: &[Bar]) -> String {
    let (most, step) = axis(bars);
    let x = |ratio: f64| LEFT + WIDTH * (ratio / most).clamp(0.0, 1.0);
    let (height, width) = (at_row(bars.len()) + 30.0, LEFT + WIDTH + RIGHT);
    let bottom = at_row(bars.len()) + 5.0;
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
    for (row, each) in bars.iter().enumerate() {
        svg += &bar(each, at_row(row), x);
    }
    svg += &vertical("one", x(1.0));
    svg + "</svg>\n"
}

fn bar(bar: &Bar, top: f64, x: impl Fn(f64) -> f64) -> String {
    let (name, ratio, [least, most]) = (escaped(&bar.name), bar.ratio, bar.spread);
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

fn figures<R: Report>(records: &[R]) -> String {
    let mut table = "<h2>All figures</h2>\n<div class=\"scroll\"><table>\n<tr>".to_owned();
    for (head, _) in R::COLUMNS {
        push(&mut table, format_args!("<th>{}</th>", escaped(head)));
    }
    table += "</tr>\n";
    for record in records {
        table += "<tr>";
        for cell in record.cells() {
            push(&mut table, format_args!("<td>{}</td>", escaped(&cell)));
        }
        table += "</tr>\n";
    }
    table + "</table></div>\n"
}
