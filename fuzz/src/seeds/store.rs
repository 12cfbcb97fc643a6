//! Directories of engines, working directories, rows.

use state_api::key::encode;
use state_api::row::{StateMeta, chunk};
use state_api::{Bincode, Codec, StateKey};
use state_api::{KeyGroups, KeyHash};

use super::{Seeds, long, short};
use crate::typed::metas;

fn text<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("a seed is JSON")
}

fn header(name: &str) -> String {
    let key_type = String::type_name();
    format!(
        "{{\"layout\":1,\"backend\":\"{name}\",\"key_group_layout\":1,\"max_parallelism\":4,\
         \"key_groups\":{{\"first\":0,\"last\":3}},\"key_type\":\"{key_type}\"}}"
    )
}

fn key(key: &str) -> Vec<u8> {
    let mut out = Vec::new();
    encode(key, &mut out).expect("a key has an encoding");
    out
}

/// Row keys and envelopes of good rows by state, under the key `a`.
fn good_rows() -> [(u8, Vec<u8>, Vec<u8>); 3] {
    let value = |value: &dyn Fn(&mut Vec<u8>)| {
        let mut out = vec![0];
        value(&mut out);
        out
    };
    let list = value(&|out| {
        for element in ["one", "two"] {
            let mut bytes = Vec::new();
            let encoded = Bincode.encode(&element.to_owned(), &mut bytes);
            encoded.expect("a text has an encoding");
            chunk::push(out, &bytes);
        }
    });
    [
        (0, [key("a"), 5_u64.to_be_bytes().to_vec()].concat(), list),
        (
            1,
            [key("a"), key("entry")].concat(),
            value(&|out| out.extend(7_u32.to_le_bytes())),
        ),
        (2, key("a"), value(&|out| out.extend(9_u64.to_le_bytes()))),
    ]
}

fn rows(seeds: &mut Seeds) {
    let row = |state: u8, key: &[u8], envelope: &[u8]| {
        [&[state], &short(key)[..], &short(envelope)].concat()
    };
    let good: Vec<_> = good_rows()
        .iter()
        .map(|(state, key, envelope)| row(*state, key, envelope))
        .collect();
    let good = good.concat();
    let mut add = |name: &str, rows: &[u8]| {
        seeds.add("rows", name, [&[1], &good[..], rows].concat());
    };
    add("of_all_states", b"");
    add("of_a_state_that_is_not_listed", &row(3, &key("b"), b"\0x"));
    add(
        "of_a_foreign_group",
        &[&[0x82, 3][..], &short(&key("a")), &short(b"\0x")].concat(),
    );
    add(
        "of_a_group_that_is_not_owned",
        &[&[0x82, 9][..], &short(&key("a")), &short(b"\0x")].concat(),
    );
    add(
        "with_an_envelope_of_a_newer_version",
        &row(2, &key("b"), b"\x01"),
    );
    add(
        "with_a_list_chunk_without_element",
        &row(0, &[key("b"), vec![0; 8]].concat(), b"\0"),
    );
    add(
        "with_a_list_chunk_that_is_cut",
        &row(0, &[key("b"), vec![0; 8]].concat(), b"\0\x09ab"),
    );
    add("with_a_list_without_number", &row(0, &key("b"), b"\0\x01a"));
    add(
        "with_a_number_that_is_impossible",
        &row(0, &[key("b"), vec![0xff; 8]].concat(), b"\0\x01a"),
    );
    add("with_a_value_that_is_cut", &row(2, &key("b"), b"\0abc"));
    add(
        "with_a_tail_behind_a_value",
        &row(2, &[key("b"), key("c")].concat(), &[0; 9]),
    );
    add(
        "with_a_map_key_that_is_cut",
        &row(1, &[key("b"), b"cut".to_vec()].concat(), &[0; 5]),
    );
    add(
        "with_bytes_behind_a_map_key",
        &row(1, &[key("b"), key("c"), key("d")].concat(), &[0; 5]),
    );
    seeds.add("rows", "out_of_order", [&[0], &good[..], &good].concat());
}

fn directory(seeds: &mut Seeds) {
    let entry = |of: u8, content: &[u8]| [&[of], &long(content)[..]].concat();
    let state = |number: u32, meta: &StateMeta| {
        let content = [&number.to_be_bytes(), text(meta).as_bytes()].concat();
        entry(3, &content)
    };
    let states: Vec<_> = (1..)
        .zip(&metas())
        .map(|(number, meta)| state(number, meta))
        .collect();
    let head = [
        entry(0, header("memory").as_bytes()),
        entry(1, &64_u64.to_be_bytes()),
        states.concat(),
    ]
    .concat();
    let group = KeyHash::of("a").map(|hash| KeyGroups::all(4).expect("four").group_of(hash));
    let group = group.expect("a key has a hash").to_be_bytes();
    let row = |state: u8, key: &[u8], envelope: &[u8]| {
        let key = [&group, key].concat();
        entry(4, &[&[state], &short(&key)[..], envelope].concat())
    };
    let rows: Vec<_> = good_rows()
        .iter()
        .map(|(state, key, envelope)| row(*state, key, envelope))
        .collect();
    let good = [&head[..], &rows.concat()].concat();
    let mut add = |name: &str, more: Vec<u8>| {
        seeds.add("directory", name, [&good[..], &more].concat());
    };
    add("with_rows", Vec::new());
    add("with_a_commit", entry(2, b"metadata"));
    add("of_another_backend", entry(0, header("redb").as_bytes()));
    add("of_a_newer_layout", entry(0, b"{\"layout\":2}"));
    add("that_does_not_parse", entry(0, &[b'['; 2000]));
    add("with_chunks_in_seven_bytes", entry(1, &[0; 7]));
    add(
        "with_the_last_chunk_taken",
        entry(1, &(1_u64 << 62).to_be_bytes()),
    );
    add("with_an_impossible_bound", entry(1, &[0xff; 8]));
    let list = metas().remove(0);
    add("with_one_name_twice", state(9, &list));
    add(
        "with_table_zero",
        state(
            0,
            &StateMeta {
                name: "z".into(),
                ..list.clone()
            },
        ),
    );
    add(
        "with_a_huge_table",
        state(
            u32::MAX,
            &StateMeta {
                name: "z".into(),
                ..list.clone()
            },
        ),
    );
    add(
        "with_the_last_table",
        state(
            65_535,
            &StateMeta {
                name: "z".into(),
                ..list
            },
        ),
    );
    add(
        "with_a_state_number_of_three_bytes",
        entry(5, &[&short(b"state/abc")[..], b"{}"].concat()),
    );
    add("with_a_row_key_of_one_byte", entry(4, b"\x02\x01\0\0"));
    add(
        "with_a_list_chunk_that_is_cut",
        row(0, &[key("a"), vec![0; 8]].concat(), b"\0\x09ab"),
    );
    add(
        "with_a_row_behind_all_chunks",
        row(0, &[key("a"), vec![0xff; 8]].concat(), b"\0\x01a"),
    );
    add("with_an_envelope_without_flags", row(2, &key("a"), b""));
    let headless = [entry(1, &64_u64.to_be_bytes()), states.concat()].concat();
    seeds.add("directory", "that_is_without_header", headless);
    seeds.add("directory", "that_is_empty", Vec::new());
}

pub(super) fn add(seeds: &mut Seeds) {
    rows(seeds);
    directory(seeds);

    let listed =
        |table: u32, meta: &StateMeta| format!("{{\"table\":{table},\"meta\":{}}}", text(meta));
    let listed: Vec<_> = (1..)
        .zip(&metas())
        .map(|(table, meta)| listed(table, meta))
        .collect();
    let description = |header: &str, states: &str, chunks: u64| {
        format!("{{\"header\":{header},\"states\":[{states}],\"chunks\":{chunks}}}")
    };
    let (memory, all) = (header("memory"), listed.join(","));
    let good = description(&memory, &all, 64);
    let mut add = |name: &str, text: String| seeds.add("description", name, text);
    add("of_three_states", good.clone());
    add(
        "of_another_backend",
        description(&header("rocksdb"), &all, 64),
    );
    add(
        "with_an_impossible_bound",
        description(&memory, &all, u64::MAX),
    );
    add(
        "with_one_state_twice",
        description(&memory, &format!("{all},{all}"), 64),
    );
    add(
        "with_no_key_groups",
        good.replace("\"max_parallelism\":4", "\"max_parallelism\":0"),
    );
    add(
        "with_groups_backwards",
        good.replace("\"first\":0,\"last\":3", "\"first\":3,\"last\":0"),
    );
    add("that_is_deep", format!("{{\"header\":{}", "[".repeat(1000)));
    add(
        "of_a_newer_layout",
        "{\"header\":{\"layout\":2}}".to_owned(),
    );

    let mut add = |name: &str, of: u8, bytes: &[u8]| {
        seeds.add("workdir", name, [&[of], bytes].concat());
    };
    add("identity", 0, b"fuzz 1 scratch\n");
    add("identity_of_another_mode", 0, b"fuzz 1 durable\n");
    add("identity_of_a_newer_layout", 0, b"fuzz 2 scratch\n");
    add("identity_of_another_backend", 0, b"redb 1 scratch\n");
    add("identity_that_is_empty", 0, b"");
    let file = |path: &str| {
        let digest = xxhash_rust::xxh3::xxh3_128(b"rows");
        format!("{{\"path\":\"{path}\",\"size\":4,\"digest\":\"{digest:032x}\"}}")
    };
    let data = file("data");
    let good = format!("{{\"files\":[{data}]}}");
    add("inventory", 1, &crate::workdir::inventory(good.as_bytes()));
    add("inventory_to_be_sealed", 2, good.as_bytes());
    add(
        "inventory_with_another_digest",
        1,
        format!("{good}\n{:032x}\n", 7).as_bytes(),
    );
    add("inventory_of_nothing", 2, b"{\"files\":[]}");
    add(
        "inventory_with_a_file_twice",
        2,
        format!("{{\"files\":[{data},{data}]}}").as_bytes(),
    );
    add(
        "inventory_that_climbs",
        2,
        format!("{{\"files\":[{}]}}", file("../data")).as_bytes(),
    );
    add("inventory_that_is_deep", 2, &[b'['; 1000]);
}
