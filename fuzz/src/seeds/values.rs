//! Keys, values, envelopes, chunks.

use state_api::codec::{Bincode, Postcard};
use state_api::key::encode;
use state_api::row::{chunk, envelope};
use state_api::{Codec, StateKey};

use super::Seeds;

pub(super) fn key_of<K: StateKey>(of: u8, key: &K) -> Vec<u8> {
    let mut out = vec![of];
    encode(key, &mut out).expect("a key has an encoding");
    out
}

pub(super) fn add(seeds: &mut Seeds) {
    let mut key = |name: &str, bytes: Vec<u8>| seeds.add("key", name, bytes);
    key("text", key_of(0, &"a\0b\u{1}c".to_owned()));
    key("text_without_end", b"\0abc".to_vec());
    key(
        "text_with_an_escape_that_is_none",
        b"\0a\x01\x03\0".to_vec(),
    );
    key("bytes", key_of(1, &vec![0_u8, 1, 2, 255]));
    key("texts", key_of(2, &vec!["a".to_owned(), String::new()]));
    key(
        "record_with_parents",
        [
            b"\x03\x80\0\0\x07name\0\x01tag\0\0".as_slice(),
            &b"\x01\x80\0\0\x08up\0\0".repeat(3),
            b"\0",
        ]
        .concat(),
    );
    key(
        "options_in_sequences",
        key_of(5, &vec![vec![Some(1_u8), None], vec![]]),
    );
    key("char_bool_number", key_of(6, &('é', true, Some(-5_i128))));
    key("char_that_is_a_surrogate", b"\x06\0\0\xd8\0\x01\0".to_vec());
    key("units", key_of(7, &vec![(), ()]));
    key("numbers", key_of(8, &(u64::MAX, -1_i8)));
    key("float_that_is_none", b"\x09\xff\xf8\0\0\0\0\0\0".to_vec());
    key(
        "address",
        key_of(10, &std::net::IpAddr::from([127, 0, 0, 1])),
    );
    key("zero_that_must_not_be", b"\x0b\0\0".to_vec());
    key(
        "entries_out_of_order",
        b"\x0c\x01\0\0\0b\0\x01\0\0\0a\x01x\0\0\0".to_vec(),
    );
    key("duration_of_two_seconds_in_nanoseconds", {
        let mut bytes = vec![14];
        bytes.extend(0_u64.to_be_bytes());
        bytes.extend(2_000_000_000_u32.to_be_bytes());
        bytes
    });
    key(
        "deep",
        [&[15], b"\0\0\0\x04".repeat(130).as_slice(), &[0; 4]].concat(),
    );

    codec(seeds, "bincode", &Bincode);
    codec(seeds, "postcard", &Postcard);
    for length in [u64::MAX, 1 << 40, 5000] {
        let bytes = [&[0], length.to_le_bytes().as_slice(), b"abc"].concat();
        seeds.add("bincode", &format!("text_of_{length}_bytes"), bytes);
        let bytes = [&[2], length.to_le_bytes().as_slice(), b"abc"].concat();
        seeds.add("bincode", &format!("{length}_texts"), bytes);
        let bytes = [&[7], length.to_le_bytes().as_slice(), b"abc"].concat();
        seeds.add("bincode", &format!("{length}_entries"), bytes);
    }
    let varint = b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01";
    for (of, what) in [(0, "text"), (1, "bytes"), (2, "texts"), (6, "arrays")] {
        let bytes = [&[of], varint.as_slice(), b"abc"].concat();
        seeds.add("postcard", &format!("{what}_of_2_to_the_63"), bytes);
    }

    let mut payload = Vec::new();
    envelope::begin(&mut payload);
    payload.extend(b"payload");
    seeds.add("envelope", "payload", payload);
    seeds.add("envelope", "flags_of_a_newer_version", *b"\x01payload");
    seeds.add("envelope", "empty", *b"");

    let mut elements = Vec::new();
    for element in [b"one".as_slice(), b"", &[7; 200]] {
        chunk::push(&mut elements, element);
    }
    seeds.add("list_chunk", "three_elements", elements);
    seeds.add("list_chunk", "element_that_is_cut", *b"\x03ab");
    seeds.add("list_chunk", "length_above_64_bits", [0xff; 11]);
    seeds.add(
        "list_chunk",
        "length_of_the_address_space",
        [
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, b'a',
        ],
    );
    seeds.add("list_chunk", "length_with_a_byte_too_many", *b"\x81\0a");
    seeds.add(
        "list_chunk",
        "number_in_a_row_key",
        *b"key\0\0\0\0\0\0\0\0\x05",
    );
    seeds.add(
        "list_chunk",
        "number_that_is_impossible",
        *b"key\0\x40\0\0\0\0\0\0\0",
    );
}

fn codec<C>(seeds: &mut Seeds, target: &'static str, codec: &C)
where
    C: Codec<String> + Codec<Vec<u8>> + Codec<Vec<String>> + Codec<(char, bool, f64, i128)>,
    C: Codec<Option<u64>> + Codec<std::collections::BTreeMap<String, u32>>,
{
    fn of<T: 'static>(codec: &dyn Codec<T>, of: u8, value: &T) -> Vec<u8> {
        let mut out = vec![of];
        codec
            .encode(value, &mut out)
            .expect("a value has an encoding");
        out
    }
    seeds.add(target, "text", of(codec, 0, &"text é".to_owned()));
    seeds.add(target, "bytes", of(codec, 1, &vec![0_u8, 255]));
    seeds.add(
        target,
        "texts",
        of(codec, 2, &vec!["a".to_owned(), String::new()]),
    );
    seeds.add(
        target,
        "scalars",
        of(codec, 4, &('é', true, f64::NAN, -1_i128)),
    );
    let entries = std::collections::BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]);
    seeds.add(target, "entries", of(codec, 7, &entries));
    seeds.add(target, "number", of(codec, 8, &Some(7_u64)));
    seeds.add(target, "bool_that_is_two", [4, b'a', 2].repeat(12));
}
