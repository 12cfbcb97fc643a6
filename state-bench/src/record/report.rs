//! The results of workloads beside bare engines, as rows and bars.

use super::{EngineCalls, Latency, Memory, Record};
use crate::report::{Bar, Column, Report};
use crate::table::{self, held_per_key};

impl Report for Record {
    const TITLE: &'static str = "State backends beside bare engines";

    const ABOUT: &'static str = "A bar is how many times as fast as the bare engine ours was";

    const COLUMNS: &'static [Column] = &[
        ("backend", 0),
        ("workload", 0),
        ("keys", 0),
        ("ratio", 0),
        ("least", 0),
        ("most", 0),
        ("ratio on the CPU", 0),
        ("ours, ops/s", 0),
        ("bare, ops/s", 0),
        ("check", 0),
        ("final check", 0),
        ("ours p50 ns", 0),
        ("p99", 0),
        ("p99.9", 0),
        ("max", 0),
        ("bare p50 ns", 0),
        ("p99", 0),
        ("p99.9", 0),
        ("max", 0),
        ("allocations an op, ours / bare", 0),
        ("bytes an op, ours / bare", 0),
        ("bytes held a key, ours / bare", 0),
        ("engine gets an op", 0),
        ("engine writes an op", 0),
        ("scans an op", 0),
        ("rows scanned an op", 0),
    ];

    fn backend(&self) -> &str {
        &self.backend
    }

    // The table has less than the page, and rows of their own for what is asked for beside the ratio.
    fn head() -> String {
        table::HEAD.to_owned()
    }

    fn rows(&self) -> String {
        table::rows(self)
    }

    fn bar(&self) -> Option<Bar> {
        Some(Bar {
            name: self.workload.clone(),
            ratio: self.ratio,
            spread: self.spread,
        })
    }

    fn cells(&self) -> Vec<String> {
        let [least, most] = self.spread;
        let mut cells = vec![
            self.backend.clone(),
            self.workload.clone(),
            self.keys.to_string(),
            format!("{:.2}", self.ratio),
            format!("{least:.2}"),
            format!("{most:.2}"),
            self.cpu_ratio
                .map_or_else(String::new, |ratio| format!("{ratio:.2}")),
            format!("{:.0}", self.ops_per_s),
            format!("{:.0}", self.raw_ops_per_s),
            self.check.to_string(),
            self.final_check.to_string(),
        ];
        for latency in [self.latency, self.raw_latency] {
            cells.extend(nanos(latency));
        }
        let both = |figure: &dyn Fn(Memory) -> String| {
            let sides = self.memory.zip(self.raw_memory);
            sides.map_or_else(String::new, |(ours, bare)| {
                format!("{} / {}", figure(ours), figure(bare))
            })
        };
        cells.push(both(&|memory| format!("{:.3}", memory.allocations_per_op)));
        cells.push(both(&|memory| format!("{:.1}", memory.bytes_per_op)));
        cells.push(both(&|memory| {
            format!("{:.1}", held_per_key(memory.bytes_held, self))
        }));
        cells.extend(calls(self.calls));
        cells
    }
}

fn nanos(latency: Option<Latency>) -> [String; 4] {
    latency.map_or_else(Default::default, |latency| {
        [latency.p50, latency.p99, latency.p999, latency.max].map(|nanos| nanos.to_string())
    })
}

fn calls(calls: Option<EngineCalls>) -> [String; 4] {
    calls.map_or_else(Default::default, |calls| {
        [
            calls.gets_per_op,
            calls.writes_per_op,
            calls.scans_per_op,
            calls.rows_scanned_per_op,
        ]
        .map(|calls| format!("{calls:.3}"))
    })
}
