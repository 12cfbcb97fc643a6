//! Results as rows of text.

use std::fmt::{Arguments, Write as _};

use crate::record::{EngineCalls, Latency, Memory, Record};
use crate::report::Column;
use crate::rounds::Spread;
use crate::workload::Workload;

/// Cells as a line, each as wide as its column; numbers end where their column ends.
pub(crate) fn line<'a>(columns: &[Column], cells: impl Iterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for (at, ((_, width), cell)) in columns.iter().zip(cells).enumerate() {
        if at < NAMES {
            push(&mut line, format_args!("{cell:<width$}  "));
        } else {
            push(&mut line, format_args!("{cell:>width$}  "));
        }
    }
    line.trim_end().to_owned()
}

/// Columns that hold names.
const NAMES: usize = 2;

/// A median with the smallest and the largest.
pub(crate) fn ranged(median: f64, [least, most]: [f64; 2], digits: usize) -> String {
    format!("{median:.digits$} ({least:.digits$} to {most:.digits$})")
}

/// The same.
pub(crate) fn spread(of: Spread, digits: usize) -> String {
    ranged(of.median, [of.least, of.most], digits)
}

/// What stands above the rows of [`Record`]s.
pub const HEAD: &str = "backend  workload                          ratio (least to most)  on the CPU           \
     ours, ops/s    bare, ops/s                 check           final_check";

/// The row of a result, and one for each of its parts that were asked for.
pub fn rows(record: &Record) -> String {
    let spread = |[least, most]: [f64; 2]| format!("({least:.2} to {most:.2})");
    let ratio = format!("{:5.2} {}", record.ratio, spread(record.spread));
    let cpu = record.cpu_ratio.zip(record.cpu_spread);
    let cpu = cpu.map_or_else(String::new, |(ratio, range)| {
        format!("{ratio:5.2} {}", spread(range))
    });
    let mut text = format!(
        "{:<8} {:<32} {ratio:<22} {cpu:<22} {:>11.0}    {:>11.0}  {:>20}  {:>20}\n",
        record.backend,
        record.workload,
        record.ops_per_s,
        record.raw_ops_per_s,
        record.check,
        record.final_check,
    );
    let sides = [("ours", &record.latency), ("bare", &record.raw_latency)];
    for (side, latency) in sides {
        if let Some(Latency {
            p50,
            p99,
            p999,
            max,
        }) = latency
        {
            push(
                &mut text,
                format_args!(
                    "           {side}: {p50} ns for half of the operations, {p99} for 99 %, {p999} for 99.9 %, {max} at most\n"
                ),
            );
        }
    }
    let sides = [("ours", &record.memory), ("bare", &record.raw_memory)];
    for (side, memory) in sides {
        if let Some(Memory {
            allocations_per_op,
            bytes_per_op,
            bytes_held,
        }) = memory
        {
            let held = held_per_key(*bytes_held, record);
            push(
                &mut text,
                format_args!(
                    "           {side}: {allocations_per_op:.3} allocations and {bytes_per_op:.1} bytes an operation, {held:.1} bytes held a key\n"
                ),
            );
        }
    }
    if let Some(EngineCalls {
        gets_per_op,
        writes_per_op,
        scans_per_op,
        rows_scanned_per_op,
    }) = record.calls
    {
        push(
            &mut text,
            format_args!(
                "           ours: {gets_per_op:.3} gets, {writes_per_op:.3} writes, {scans_per_op:.3} scans and {rows_scanned_per_op:.3} rows of them asked of the engine an operation\n"
            ),
        );
    }
    text
}

/// Appends a text.
pub(crate) fn push(to: &mut String, text: Arguments<'_>) {
    // Writing to a string fails only if what is written does, and numbers and texts do not.
    let _ = to.write_fmt(text);
}

/// Bytes held for each key that the set-up of a result inserted.
#[allow(clippy::cast_precision_loss, reason = "no machine has 2^53 bytes")]
pub fn held_per_key(bytes: i64, record: &Record) -> f64 {
    let keys = Workload::of(&record.workload).map_or(record.keys, |it| it.keys(record.keys));
    bytes as f64 / keys as f64
}
