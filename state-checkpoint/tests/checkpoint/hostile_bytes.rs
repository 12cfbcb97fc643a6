//! Files whose checksums are right and whose content is not: crafted, not damaged. They are refused,
//! quickly, and no length in them makes the reader allocate.

use state_api::Result;
use state_checkpoint::run::{MAX_COMPRESSED_BYTES, RowChange, RunFile};
use state_checkpoint::{CheckpointStorage, Digest, Manifest, MemoryStorage, RunKind, load};

use crate::support::craft::{Block, Run, put, varint};
use crate::support::{Row, assert_corrupt, block_on, content, range, replace, small_checkpoint};

fn read(run: &Run) -> Result<Vec<Row>> {
    let storage = MemoryStorage::new();
    let (bytes, mut run) = run.seal("runs/x.run");
    run.kind = RunKind::Delta;
    block_on(storage.put_new(&run.path, &bytes))?;
    let by_verify =
        block_on(RunFile::open(&storage, &run)).and_then(|file| block_on(file.verify(run.digest)));
    let rows = block_on(RunFile::open(&storage, &run)).and_then(|file| {
        let mut reader = file.read(range(0, 9));
        let mut rows = Vec::new();
        while let Some(op) = reader.next_op()? {
            if let RowChange::Put(row) = op {
                rows.push((
                    row.group,
                    row.state,
                    row.key.to_vec(),
                    row.envelope.to_vec(),
                ));
            }
        }
        Ok(rows)
    });
    assert_eq!(by_verify.is_ok(), rows.is_ok(), "verify and restore agree");
    rows
}

fn refused(what: &str, run: &Run) {
    assert_corrupt(read(run), "runs/x.run", what);
}

fn one_block(rows: u32, first: (u16, u32), last: (u16, u32), payload: Vec<u8>) -> Run {
    Run::new(vec![Block::plain(1, first, last, rows, payload)])
}

#[test]
fn the_crafted_file_is_good_when_nothing_is_bent() {
    let payload = [
        put(1, 0, 0, b"ka", b"1"),
        put(1, 0, 1, b"b", b"2"),
        put(3, 2, 0, b"", b"3"),
    ];
    let rows = read(&one_block(3, (1, 0), (3, 2), payload.concat())).unwrap();
    assert_eq!(
        rows,
        [
            (1, 0, b"ka".to_vec(), b"1".to_vec()),
            (1, 0, b"kb".to_vec(), b"2".to_vec()),
            (3, 2, Vec::new(), b"3".to_vec()),
        ]
    );
    assert_eq!(read(&Run::new(Vec::new())).unwrap(), []);
}

#[test]
fn rows_that_cannot_be() {
    let good = || put(1, 0, 0, b"kb", b"v");
    // The index entry fits, so that nothing but the row itself is wrong.
    for (what, last, second) in [
        (
            "shared prefix beyond the key",
            (1, 0),
            put(1, 0, 3, b"c", b"v"),
        ),
        (
            "huge shared prefix",
            (1, 0),
            put(1, 0, u32::MAX, b"c", b"v"),
        ),
        ("equal key", (1, 0), put(1, 0, 2, b"", b"v")),
        ("lower key", (1, 0), put(1, 0, 1, b"a", b"v")),
        ("prefix of the key before", (1, 0), put(1, 0, 1, b"", b"v")),
        ("lower group", (1, 0), put(0, 0, 0, b"z", b"v")),
        (
            "row beyond the index entry",
            (1, 0),
            put(1, 1, 0, b"z", b"v"),
        ),
        ("unknown op", (1, 0), vec![3, 0, 1, 0, 0, 1, b'z', 0]),
        ("op zero", (1, 0), vec![0, 0, 1, 0, 0, 1, b'z', 0]),
        (
            "huge suffix",
            (1, 0),
            [&[1, 0, 1, 0, 0][..], &varint(u32::MAX), b"z"].concat(),
        ),
        (
            "huge value",
            (1, 0),
            [&[1, 0, 1, 0, 0, 1, b'z'][..], &varint(u32::MAX), b"v"].concat(),
        ),
        (
            "overlong varint",
            (1, 0),
            vec![1, 0, 1, 0, 0, 0x81, 0, b'z', 0],
        ),
        ("cut row", (1, 0), vec![1, 0]),
        (
            "state not in the list, between two that are",
            (2, 0),
            [put(1, 3, 0, b"z", b"v"), put(2, 0, 0, b"z", b"v")].concat(),
        ),
    ] {
        let payload = [good(), second].concat();
        let rows = if last == (2, 0) { 3 } else { 2 };
        refused(what, &one_block(rows, (1, 0), last, payload));
    }
    refused(
        "more bytes than rows",
        &one_block(1, (1, 0), (1, 0), [good(), good()].concat()),
    );
    refused(
        "more rows than bytes",
        &one_block(9, (1, 0), (1, 0), good()),
    );
    refused(
        "four billion rows",
        &one_block(u32::MAX, (1, 0), (1, 0), good()),
    );
    refused("no rows", &one_block(0, (1, 0), (1, 0), Vec::new()));
    refused(
        "first row is not the entry's",
        &one_block(1, (0, 0), (1, 0), good()),
    );
    refused(
        "last row is not the entry's",
        &one_block(1, (1, 0), (2, 0), good()),
    );
    refused(
        "first key continues another",
        &one_block(1, (1, 0), (1, 0), put(1, 0, 1, b"a", b"")),
    );
}

#[test]
fn a_row_outside_its_index_entry_is_not_given() {
    let payload = [(1, b"a"), (2, b"b"), (2, b"c")];
    let payload = payload.map(|(group, key)| put(group, 0, 0, key, b"v"));
    let storage = MemoryStorage::new();
    let (bytes, run) = one_block(3, (1, 0), (1, 0), payload.concat()).seal("runs/x.run");
    block_on(storage.put_new(&run.path, &bytes)).unwrap();
    let file = block_on(RunFile::open(&storage, &run)).unwrap();
    let mut reader = file.read(range(0, 9));
    assert!(matches!(reader.next_op(), Ok(Some(RowChange::Put(row))) if row.key == b"a"));
    let error = assert_corrupt(reader.next_op(), "runs/x.run", "the second row");
    assert_eq!(error.message(), "a row lies outside its index entry");
}

#[test]
fn blocks_that_cannot_be() {
    let block = |first, last, payload: Vec<u8>| Block::plain(1, first, last, 1, payload);
    let a = block((1, 0), (1, 0), put(1, 0, 0, b"a", b"v"));
    let b = block((1, 0), (1, 0), put(1, 0, 0, b"b", b"v"));
    let c = block((1, 1), (1, 1), put(1, 1, 0, b"b", b"v"));
    assert_eq!(
        read(&Run::new(vec![a.clone(), b.clone(), c.clone()]))
            .unwrap()
            .len(),
        3
    );
    refused(
        "equal rows in two blocks",
        &Run::new(vec![a.clone(), a.clone()]),
    );
    refused(
        "blocks in the wrong order",
        &Run::new(vec![b.clone(), a.clone()]),
    );
    refused(
        "index in the wrong order",
        &Run::new(vec![c.clone(), a.clone()]),
    );
    refused(
        "a shared prefix reaches into the block before",
        &Run::new(vec![
            a.clone(),
            block((1, 0), (1, 0), put(1, 0, 1, b"b", b"v")),
        ]),
    );

    // group 1, state 0, start "a", open end
    let tombstone = |end: &[u8]| [&[0, 1, 0, 1, b'a'][..], end].concat();
    let ranges = |payload| Block::plain(2, (1, 0), (1, 0), 1, payload);
    refused(
        "rows before range tombstones",
        &Run::new(vec![a.clone(), ranges(tombstone(&[0]))]),
    );
    refused(
        "equal ranges in two blocks",
        &Run::new(vec![ranges(tombstone(&[0])); 2]),
    );
    refused(
        "an empty range",
        &Run::new(vec![ranges(tombstone(&[1, 1, b'a']))]),
    );
    refused(
        "an unknown kind of end",
        &Run::new(vec![ranges(tombstone(&[2]))]),
    );
    refused(
        "a huge end",
        &Run::new(vec![ranges(tombstone(&[1, 0xff, 0xff, 0xff, 0xff, 15]))]),
    );
    refused(
        "an unknown kind of block",
        &Run::new(vec![Block {
            kind: 3,
            ..a.clone()
        }]),
    );
    refused(
        "a kind of block that is zero",
        &Run::new(vec![Block {
            kind: 0,
            ..a.clone()
        }]),
    );
}

#[test]
fn lengths_of_a_block_that_cannot_be() {
    let a = Block::plain(1, (1, 0), (1, 0), 1, put(1, 0, 0, b"a", b"v"));
    let bomb = vec![0; MAX_COMPRESSED_BYTES as usize + 1];
    let payload = lz4_flex::block::compress(&bomb);
    let stored_len = u32::try_from(payload.len()).unwrap();
    let raw_len = MAX_COMPRESSED_BYTES + 1;
    let bomb = Block {
        compression: 1,
        raw_len,
        stored_len,
        payload,
        ..a.clone()
    };
    let error = assert_corrupt(read(&Run::new(vec![bomb])), "runs/x.run", "a small bomb");
    assert_eq!(error.message(), "a block has impossible lengths");

    let with = |compression, raw_len, stored_len| {
        Run::new(vec![Block {
            compression,
            raw_len,
            stored_len,
            ..a.clone()
        }])
    };
    let len = a.stored_len;
    refused("unknown compression", &with(2, len, len));
    refused("stored shorter than raw", &with(0, len + 1, len));
    refused("raw of four gigabytes, stored", &with(0, u32::MAX, len));
    refused("raw of four gigabytes, compressed", &with(1, u32::MAX, len));
    refused(
        "raw above the bound",
        &with(1, MAX_COMPRESSED_BYTES + 1, len),
    );
    refused("a ratio that LZ4 cannot have", &with(1, len * 255 + 1, len));
    refused(
        "stored length beyond the block",
        &with(0, u32::MAX, u32::MAX),
    );
    refused("stored length below the block", &with(0, len - 1, len - 1));
    refused("not LZ4", &with(1, len, len));
}

#[test]
fn an_index_out_of_order_is_refused_before_a_row_is_read() {
    let block = |group| Block::plain(1, (group, 0), (group, 0), 1, put(group, 0, 0, b"k", b"v"));
    let (bytes, run) = Run::new(vec![block(2), block(1)]).seal("runs/x.run");
    let storage = MemoryStorage::new();
    block_on(storage.put_new(&run.path, &bytes)).unwrap();
    assert_corrupt(
        block_on(RunFile::open(&storage, &run)),
        &run.path,
        "groups descend",
    );
}

#[test]
fn bytes_between_blocks_and_index_are_refused() {
    for blocks in [
        vec![],
        vec![Block::plain(1, (1, 0), (1, 0), 1, put(1, 0, 0, b"k", b"v"))],
    ] {
        let mut run = Run::new(blocks);
        read(&run).unwrap();
        run.gap = b"hidden".to_vec();
        refused("a gap", &run);
    }
}

#[test]
fn an_index_that_cannot_be() {
    let run = |bend: fn(&mut Vec<u8>)| {
        let mut run = one_block(1, (1, 0), (1, 0), put(1, 0, 0, b"a", b"v"));
        run.bend_index = bend;
        run
    };
    // kind 0, first 1..7, last 7..13, offset 13..21, length 21..25, rows 25..29, checksum 29..37
    read(&run(|_| {})).unwrap();
    refused(
        "an entry too many",
        &run(|index| index.extend(index.clone())),
    );
    refused("no entry", &run(Vec::clear));
    refused("half an entry", &run(|index| index.truncate(18)));
    refused("kind", &run(|index| index[0] = 9));
    refused("first after last", &run(|index| index[1] = 200));
    refused("group beyond max parallelism", &run(|index| index[8] = 10));
    refused("state beyond the list", &run(|index| index[12] = 3));
    refused("huge state", &run(|index| index[9..13].fill(0xff)));
    refused(
        "offset before the blocks",
        &run(|index| index[13..21].fill(0)),
    );
    refused("huge offset", &run(|index| index[13..21].fill(0xff)));
    refused("gap", &run(|index| index[20] += 1));
    refused("short length", &run(|index| index[24] -= 1));
    refused("zero length", &run(|index| index[21..25].fill(0)));
    refused("huge length", &run(|index| index[21..25].fill(0xff)));
    refused("rows", &run(|index| index[28] += 1));
    refused("checksum", &run(|index| index[36] ^= 1));
}

#[test]
fn a_header_or_footer_that_cannot_be() {
    let run = |bend: fn(&mut Run)| {
        let mut run = one_block(1, (1, 0), (1, 0), put(1, 0, 0, b"a", b"v"));
        bend(&mut run);
        run
    };
    refused(
        "huge state list",
        &run(|run| run.states_len = Some(u32::MAX)),
    );
    refused("short state list", &run(|run| run.states_len = Some(1)));
    refused("no JSON", &run(|run| run.states = b"[nope".to_vec()));
    refused("deep JSON", &run(|run| run.states = vec![b'['; 100_000]));
    refused("no list", &run(|run| run.states = b"{}".to_vec()));
    refused(
        "no states, but rows",
        &run(|run| run.states = b"[]".to_vec()),
    );
    refused("spaces", &run(|run| run.states.insert(1, b' ')));
    refused(
        "states twice",
        &run(|run| {
            let state = crate::support::state("a");
            run.states = serde_json::to_vec(&[state.clone(), state]).unwrap();
        }),
    );
    refused(
        "unknown field",
        &run(|run| {
            let text = String::from_utf8(run.states.clone()).unwrap();
            run.states = text
                .replacen("{\"name\"", "{\"more\":1,\"name\"", 1)
                .into_bytes();
        }),
    );
    refused("no key groups", &run(|run| run.max_parallelism = 0));
    refused(
        "too many key groups",
        &run(|run| run.max_parallelism = 40_000),
    );
    refused(
        "too few key groups for the rows",
        &run(|run| run.max_parallelism = 1),
    );
    refused(
        "index offset",
        &run(|run| run.bend_footer = |footer| footer[7] ^= 1),
    );
    refused(
        "huge index offset",
        &run(|run| run.bend_footer = |footer| footer[..8].fill(0xff)),
    );
    refused(
        "huge index",
        &run(|run| run.bend_footer = |footer| footer[8..16].fill(0xff)),
    );
    refused(
        "rows",
        &run(|run| run.bend_footer = |footer| footer[23] += 1),
    );
    refused(
        "tombstones",
        &run(|run| run.bend_footer = |footer| footer[31] += 1),
    );
    refused(
        "header checksum",
        &run(|run| run.bend_footer = |footer| footer[39] ^= 1),
    );
    refused(
        "index checksum",
        &run(|run| run.bend_footer = |footer| footer[47] ^= 1),
    );
    refused(
        "version differs from the header",
        &run(|run| run.bend_footer = |footer| footer[49] = 2),
    );
    refused("version zero", &run(|run| run.version = 0));
}

/// `(what is wrong, text of a good manifest, what takes its place)`.
const BENT_MANIFESTS: [(&str, &str, &str); 25] = [
    (
        "unknown field",
        "{\"format_version\":1",
        "{\"format_version\":1,\"more\":0",
    ),
    (
        "field twice",
        "{\"format_version\":1",
        "{\"format_version\":1,\"format_version\":1",
    ),
    ("missing field", "\"checkpoint_id\":1,", ""),
    ("spaces", "\"checkpoint_id\":1", "\"checkpoint_id\": 1"),
    (
        "other spelling of a number",
        "\"checkpoint_id\":1",
        "\"checkpoint_id\":1.0",
    ),
    ("negative id", "\"checkpoint_id\":1", "\"checkpoint_id\":-1"),
    ("other id", "\"checkpoint_id\":1", "\"checkpoint_id\":2"),
    (
        "escaped text",
        "\"operator\":\"operator\"",
        "\"operator\":\"\\u006fperator\"",
    ),
    (
        "version zero",
        "{\"format_version\":1",
        "{\"format_version\":0",
    ),
    ("commit id", "\"commit_id\":\"", "\"commit_id\":\"A"),
    (
        "no key groups",
        "\"max_parallelism\":10",
        "\"max_parallelism\":0",
    ),
    (
        "too many key groups",
        "\"max_parallelism\":10",
        "\"max_parallelism\":32769",
    ),
    (
        "fewer key groups than parts",
        "\"max_parallelism\":10",
        "\"max_parallelism\":9",
    ),
    (
        "range backwards",
        "{\"first\":0,\"last\":4}",
        "{\"first\":4,\"last\":0}",
    ),
    (
        "huge range",
        "{\"first\":0,\"last\":4}",
        "{\"first\":0,\"last\":65535}",
    ),
    (
        "overlap",
        "{\"first\":0,\"last\":4}",
        "{\"first\":0,\"last\":5}",
    ),
    ("path that climbs", "\"path\":\"runs/", "\"path\":\"../"),
    ("absolute path", "\"path\":\"runs/", "\"path\":\"/"),
    ("hidden path", "\"path\":\"runs/", "\"path\":\".runs/"),
    (
        "unknown field of a part",
        "{\"operator\":",
        "{\"more\":1,\"operator\":",
    ),
    (
        "unknown field of a state",
        "{\"name\":\"alpha\"",
        "{\"more\":1,\"name\":\"alpha\"",
    ),
    (
        "unknown field of a range",
        "{\"first\":0",
        "{\"more\":1,\"first\":0",
    ),
    ("digest in upper case", "\"digest\":\"", "\"digest\":\"F"),
    (
        "savepoint of a name that climbs",
        "\"purpose\":\"checkpoint\"",
        "\"purpose\":{\"savepoint\":\"../x\"}",
    ),
    (
        "void with parts",
        "\"purpose\":\"checkpoint\"",
        "\"purpose\":\"void\"",
    ),
];

#[test]
fn a_manifest_in_another_outer_form() {
    let (storage, _) = small_checkpoint();
    let path = Manifest::path(1);
    let good = String::from_utf8(content(&storage, &path)).unwrap();
    for (what, from, to) in [
        ("space before", "{\"manifest\"", " {\"manifest\""),
        ("space inside", "{\"manifest\":", "{\"manifest\": "),
        (
            "space before the checksum",
            ",\"checksum\"",
            ", \"checksum\"",
        ),
        ("space at the end", "\"}\n", "\"} \n"),
        ("no line feed", "\"}\n", "\"}"),
        (
            "escaped checksum",
            "\"checksum\":\"",
            "\"checksum\":\"\\u0030",
        ),
        ("escaped name", "\"checksum\"", "\"\\u0063hecksum\""),
        ("more members", "\"}\n", "\",\"more\":1}\n"),
        ("byte-order mark", "{\"manifest\"", "\u{feff}{\"manifest\""),
    ] {
        assert!(good.contains(from), "{what}");
        replace(&storage, &path, good.replacen(from, to, 1).as_bytes());
        assert_corrupt(block_on(load(&storage, 1)), &path, what);
    }
}

#[test]
fn a_manifest_that_cannot_be() {
    let (storage, _) = small_checkpoint();
    let path = Manifest::path(1);
    let good = String::from_utf8(content(&storage, &path)).unwrap();
    let inner = good
        .strip_prefix("{\"manifest\":")
        .unwrap()
        .split(",\"checksum\"")
        .next()
        .unwrap();
    let deep = format!(
        "\"metadata\":{{\"deep\":{}{},",
        "[".repeat(5000),
        "]".repeat(5000)
    );
    let deep = ("deep metadata", "\"metadata\":{", deep.as_str());
    for (what, from, to) in BENT_MANIFESTS.into_iter().chain([deep]) {
        assert!(inner.contains(from), "{what}: {from} is not in {inner}");
        let bent = inner.replacen(from, to, 1);
        let digest = Digest::of(bent.as_bytes());
        let text = format!("{{\"manifest\":{bent},\"checksum\":\"{digest}\"}}\n");
        replace(&storage, &path, text.as_bytes());
        assert_corrupt(block_on(load(&storage, 1)), &path, what);
    }
    replace(&storage, &path, good.as_bytes());
    block_on(load(&storage, 1)).unwrap();
}
