//! Whole storages.

use super::checkpoint::folder;
use super::{Seeds, long};

const HEX: &str = "0123456789abcdef0123456789abcdef";

fn record(seq: u64, fence: u64, first: u64, fences: &str) -> String {
    format!(
        "{{\"format_version\":1,\"seq\":{seq},\"commit_id\":\"\",\"fence\":{fence},\"fences\":[{fences}],\
         \"first\":{first},\"savepoints\":{{\"kept\":2}}}}"
    )
}

/// A manifest without parts.
fn empty(id: u64, purpose: &str) -> String {
    format!(
        "{{\"format_version\":1,\"checkpoint_id\":{id},\"commit_id\":\"{HEX}\",\"key_group_layout\":1,\
         \"max_parallelism\":10,\"created_ms\":1,\"fence\":1,\"purpose\":{purpose},\"parts\":[],\
         \"metadata\":{{}}}}"
    )
}

fn pin(id: u64, parents: &str) -> String {
    format!(
        "{{\"format_version\":1,\"checkpoint_id\":{id},\"commit_id\":\"{HEX}\",\"created_ms\":1,\
         \"parents\":[{parents}]}}"
    )
}

pub(super) fn add(seeds: &mut Seeds) {
    let fixture =
        |directory: &str| folder(&format!("state-backends/tests/fixtures/v1/{directory}"));
    let raw = |path: &str, content: &[u8]| {
        [&[0], &long(&[path.as_bytes(), b"\n", content].concat())[..]].concat()
    };
    let sealed = |kind: u8, path: &str, inner: &str| {
        [&[kind], &long(format!("{path}\n{inner}").as_bytes())[..]].concat()
    };
    let mut files = Vec::new();
    for directory in ["catalog", "manifests"] {
        for (name, bytes) in fixture(directory).iter().take(2) {
            files.extend(raw(&format!("{directory}/{name}"), bytes));
        }
    }
    seeds.add("storage", "version_1", files);

    let catalog = |seq: u64| format!("catalog/{seq:020}.json");
    let manifest = |id: u64| format!("manifests/{id:020}.json");
    let pinned = |id: u64| format!("pins/{id:020}-{HEX}.json");
    let run = |id: u64| raw(&format!("runs/{id:020}-{HEX}-{HEX}.run"), b"run");
    let good = [
        sealed(1, &catalog(1), &record(1, 1, 2, "")),
        sealed(3, &manifest(1), &empty(1, "\"checkpoint\"")),
        sealed(3, &manifest(2), &empty(2, "{\"savepoint\":\"kept\"}")),
        sealed(3, &manifest(3), &empty(3, "\"checkpoint\"")),
        sealed(3, &manifest(4), &empty(4, "\"void\"")),
        sealed(2, &pinned(5), &pin(5, "2,3")),
        run(1),
        run(5),
    ]
    .concat();
    let max = u64::MAX;
    for (name, more) in [
        ("small", Vec::new()),
        (
            "with_the_last_record",
            sealed(1, &catalog(max), &record(max, 1, 2, "")),
        ),
        (
            "with_the_last_fence",
            sealed(1, &catalog(2), &record(2, max, 2, "")),
        ),
        (
            "with_everything_retired",
            sealed(1, &catalog(2), &record(2, 1, max, "")),
        ),
        (
            "with_a_fence_of_everything",
            sealed(
                1,
                &catalog(2),
                &record(2, 9, 0, "{\"fence\":9,\"first_id\":0}"),
            ),
        ),
        (
            "with_a_record_under_another_name",
            sealed(1, &catalog(2), &record(7, 1, 2, "")),
        ),
        (
            "with_the_last_manifest",
            sealed(3, &manifest(max), &empty(max, "\"checkpoint\"")),
        ),
        (
            "with_a_manifest_under_another_name",
            sealed(3, &manifest(6), &empty(7, "\"checkpoint\"")),
        ),
        ("with_the_last_pin", sealed(2, &pinned(max), &pin(max, ""))),
        (
            "with_a_pin_under_another_name",
            sealed(2, &pinned(6), &pin(7, "")),
        ),
        (
            "with_a_pin_of_parents_that_are_gone",
            sealed(2, &pinned(6), &pin(6, "9,8,8")),
        ),
        (
            "with_a_stranger_among_manifests",
            raw("manifests/readme", b""),
        ),
        ("with_a_stranger_among_runs", raw("runs/readme", b"")),
        ("with_a_stranger_among_pins", raw("pins/readme", b"")),
        (
            "with_a_record_of_a_newer_version",
            sealed(1, &catalog(2), "{\"format_version\":2}"),
        ),
        (
            "with_a_record_that_is_cut",
            raw(&catalog(2), b"{\"record\":"),
        ),
    ] {
        seeds.add("storage", name, [&good[..], &more].concat());
    }
}
