//! Runs and manifests.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Seeds, long};
use crate::craft;
use crate::input::Input;

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn file(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a folder with their names, ascending.
pub(super) fn folder(path: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(project(path)).expect("a folder of this project");
    let entries = entries.map(|entry| entry.expect("an entry").path());
    let mut entries: Vec<_> = entries.collect();
    entries.sort();
    let name = |path: &Path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    entries
        .iter()
        .map(|path| (name(path).expect("a name"), file(path)))
        .collect()
}

/// A put of a crafted run: see `craft::run`.
fn put(group: u8, state: u8, shared: u8, suffix: &[u8], value: &[u8]) -> Vec<u8> {
    [
        &[1, 0, group, state, shared],
        &super::short(suffix)[..],
        &super::short(value),
    ]
    .concat()
}

/// A block of kind 1 (rows) or 2 (range tombstones).
fn block(kind: u8, first: [u8; 2], last: [u8; 2], rows: u8, payload: &[u8]) -> Vec<u8> {
    let [[a, b], [c, d]] = [first, last];
    [&[kind, 0, a, b, c, d, rows], &long(payload)[..]].concat()
}

fn blocks(blocks: &[Vec<u8>]) -> Vec<u8> {
    let count = u8::try_from(blocks.len()).expect("a seed is small");
    [&[count], &blocks.concat()[..]].concat()
}

fn runs(seeds: &mut Seeds) {
    let golden = file(&project(
        "state-checkpoint/tests/checkpoint/golden/rows.run",
    ));
    seeds.add("run", "golden", golden);
    // The smallest of each checkpoint: as the first release wrote them, with compression.
    let written = folder("state-backends/tests/fixtures/v1/runs");
    for (name, bytes) in written.iter().filter(|(_, bytes)| bytes.len() < 1650) {
        let (number, _) = name.split_at(20);
        seeds.add(
            "run",
            &format!("version_1_of_checkpoint_{number}_{}", bytes.len()),
            bytes.clone(),
        );
    }

    let rows = [
        put(1, 0, 0, b"ka", b"\0one"),
        put(1, 0, 1, b"b", b"\0two"),
        put(3, 2, 0, b"", b"\0"),
    ]
    .concat();
    let base = blocks(&[block(1, [1, 0], [3, 2], 3, &rows)]);
    let ranges = b"\0\x01\0\x01k\x01\x02kb\0\x03\x02\0\0";
    let deltas = [
        b"\x02\0\x01\0\0\x02kb".as_slice(),
        &put(1, 0, 1, b"c", b"\0new"),
    ]
    .concat();
    let delta = blocks(&[
        block(2, [1, 0], [3, 2], 2, ranges),
        block(1, [1, 0], [1, 0], 2, &deltas),
    ]);
    let compressed = b"\x1f\x01\x01\0\xffPzzzzz";
    let one = |payload: &[u8]| blocks(&[block(1, [1, 0], [1, 0], 1, payload)]);
    let bomb = [&[1, 1, 1, 1, 0, 1, 0, 1, 0xff, 0xff], &long(compressed)[..]].concat();
    for (name, bytes) in [
        ("rows", base.clone()),
        ("tombstones_and_rows", delta.clone()),
        ("no_block", vec![0]),
        ("no_row", blocks(&[block(1, [1, 0], [1, 0], 0, b"")])),
        (
            "equal_blocks",
            blocks(&vec![
                block(1, [1, 0], [1, 0], 1, &put(1, 0, 0, b"k", b"v"));
                2
            ]),
        ),
        ("prefix_beyond_the_key", one(&put(1, 0, 9, b"k", b"v"))),
        ("row_outside_its_entry", one(&put(2, 0, 0, b"k", b"v"))),
        (
            "state_that_is_not_listed",
            blocks(&[block(1, [1, 7], [1, 7], 1, &put(1, 7, 0, b"k", b"v"))]),
        ),
        (
            "group_that_is_none",
            blocks(&[block(1, [10, 0], [10, 0], 1, &put(10, 0, 0, b"k", b"v"))]),
        ),
        (
            "huge_value",
            one(b"\x01\0\x01\0\0\x01k\xff\xff\xff\xff\x0fv"),
        ),
        ("overlong_number", one(b"\x01\0\x01\0\0\x81\0k\0")),
        (
            "empty_range",
            blocks(&[block(2, [1, 0], [1, 0], 1, b"\0\x01\0\x01k\x01\x01k")]),
        ),
        (
            "ranges_behind_rows",
            blocks(&[
                block(1, [1, 0], [1, 0], 1, &put(1, 0, 0, b"k", b"v")),
                block(2, [1, 0], [1, 0], 1, b"\0\x01\0\0\0"),
            ]),
        ),
        ("small_bomb", [&[1], &bomb[..]].concat()),
        (
            "kind_that_is_none",
            blocks(&[block(3, [1, 0], [1, 0], 1, &put(1, 0, 0, b"k", b"v"))]),
        ),
    ] {
        let crafted = craft::run(&mut Input::new(&bytes));
        seeds.add("run", &format!("crafted_{name}"), crafted);
        seeds.add("run_blocks", name, bytes.clone());
        seeds.add(
            "restore",
            &format!("{name}_over_rows"),
            [&base[..], &bytes].concat(),
        );
        seeds.add(
            "restore",
            &format!("{name}_as_base"),
            [&bytes[..], &delta].concat(),
        );
    }
    seeds.add(
        "restore",
        "four_runs",
        [&base[..], &delta, &base, &delta].concat(),
    );
}

fn manifests(seeds: &mut Seeds) {
    let golden = file(&project(
        "state-checkpoint/tests/checkpoint/golden/manifest.json",
    ));
    let text = String::from_utf8(golden.clone()).expect("a manifest is text");
    let inner = text
        .strip_prefix("{\"manifest\":")
        .and_then(|text| text.split(",\"checksum\"").next());
    let inner = inner.expect("a manifest has an inner object").to_owned();
    seeds.add("manifest", "golden", golden);
    let (_, written) = folder("state-backends/tests/fixtures/v1/manifests").remove(0);
    seeds.add("manifest", "version_1", written);
    let mut add = |name: &str, from: &str, to: &str| {
        assert!(inner.contains(from), "{from} is not in {inner}");
        seeds.add(
            "manifest",
            &format!("inner_{name}"),
            inner.replacen(from, to, 1),
        );
    };
    add("good", "{", "{");
    add(
        "of_a_newer_version",
        "\"format_version\":1",
        "\"format_version\":2",
    );
    add(
        "with_a_field_too_many",
        "{\"format_version\"",
        "{\"more\":0,\"format_version\"",
    );
    add(
        "with_a_field_twice",
        "{\"format_version\":1",
        "{\"format_version\":1,\"format_version\":1",
    );
    add("with_spaces", "\"checkpoint_id\":", "\"checkpoint_id\": ");
    add(
        "with_an_escape",
        "\"operator\":\"o",
        "\"operator\":\"\\u006f",
    );
    add(
        "with_no_key_groups",
        "\"max_parallelism\":10",
        "\"max_parallelism\":0",
    );
    add(
        "with_groups_backwards",
        "{\"first\":0,\"last\":9}",
        "{\"first\":9,\"last\":0}",
    );
    add(
        "with_a_huge_range",
        "{\"first\":0,\"last\":9}",
        "{\"first\":0,\"last\":65535}",
    );
    add(
        "with_a_path_that_climbs",
        "\"path\":\"runs/",
        "\"path\":\"../",
    );
    let metadata = |value: &str| format!("\"metadata\":{{\"more\":{value},");
    let mut add = |name: &str, value: &str| {
        let bent = inner.replacen("\"metadata\":{", &metadata(value), 1);
        seeds.add("manifest", &format!("metadata_{name}"), bent);
    };
    add("deep", &format!("{}{}", "[".repeat(200), "]".repeat(200)));
    add("with_a_name_twice", "{\"a\":1,\"a\":2}");
    add("with_spaces", "[ 1 , 2 ]");
    add(
        "with_numbers",
        "[1.0,1e300,-0.0,0.1234567890123456789,18446744073709551616,1E2]",
    );
    add("with_a_float_between_two", "0.1234567891123456789");
    add(
        "with_a_float_of_seventeen_digits",
        "[2.2250738585072011e-308,9007199254740993.0]",
    );
    add("with_escapes", "\"\\u00e9\\/\\ud83d\\ude00\"");
}

pub(super) fn add(seeds: &mut Seeds) {
    runs(seeds);
    manifests(seeds);
}
