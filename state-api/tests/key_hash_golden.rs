//! The canonical hash, key-group layout 1. A change here moves keys to other key groups: state of
//! before cannot be found any more.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use serde::Serialize;
use state_api::KeyHash;
use state_api::key::{TotalF32, TotalF64};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

#[derive(Serialize)]
struct Byte(u8);

#[derive(Serialize)]
enum Shape {
    Unit,
    Newtype(u8),
    Tuple(u8, i8),
    Struct { name: &'static str },
}

/// The definition: leaf after leaf, each seeded with the hash so far.
fn leaves<const N: usize>(leaves: [&[u8]; N]) -> u64 {
    leaves
        .iter()
        .fold(0, |state, leaf| xxh3_64_with_seed(leaf, state))
}

/// The hash is the frozen number, and follows from the leaves.
fn golden<T: Serialize + ?Sized, const N: usize>(key: &T, parts: [&[u8]; N], hash: u64) {
    let found = KeyHash::of(key).unwrap().0;
    assert_eq!(
        found,
        leaves(parts),
        "definition of {}",
        std::any::type_name::<T>()
    );
    assert_eq!(
        found,
        hash,
        "found {found:#018x} for {}",
        std::any::type_name::<T>()
    );
}

const fn count(n: u64) -> [u8; 8] {
    n.to_be_bytes()
}

#[test]
fn scalars() {
    golden(&(), [], 0x0000_0000_0000_0000);
    golden(&true, [&[1]], 0xe12e_f9d2_eb86_ceeb);
    golden(&0x12_u8, [&[0x12]], 0x32fa_b814_2e1b_3006);
    golden(&0x1234_u16, [&[0x12, 0x34]], 0x193e_7467_4739_aeac);
    golden(&1_u32, [&[0, 0, 0, 1]], 0x0da1_a814_1638_550f);
    golden(&1_u64, [&[0, 0, 0, 0, 0, 0, 0, 1]], 0xf36b_4a1a_44f7_8bf3);
    golden(&1_u128, [&1_u128.to_be_bytes()], 0x4152_418f_75dd_93bb);
    golden(&-2_i8, [&[0xfe]], 0x6c19_7e51_b936_4ce3);
    golden(
        &-2_i64,
        [&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]],
        0x2fb6_29da_9b5c_362f,
    );
    golden(&'é', [&[0, 0, 0, 0xe9]], 0xdf86_9656_3ebc_e069);
    golden(&TotalF32(1.0), [&[0x3f, 0x80, 0, 0]], 0x202c_c117_ee3a_df18);
    golden(
        &TotalF64(-0.0),
        [&[0x80, 0, 0, 0, 0, 0, 0, 0]],
        0xb7aa_1c28_d234_f8d6,
    );
}

#[test]
fn strings() {
    golden("", [b""], 0x2d06_8005_38d3_94c2);
    golden("user-17", [b"user-17"], 0x7d94_013a_7349_7c81);
    golden("a\0b", [b"a\0b"], 0xd5a0_6cd0_7812_5351);
    golden(&"user-17".to_owned(), [b"user-17"], 0x7d94_013a_7349_7c81);
}

/// Bytes as `serde` bytes.
struct Bytes(&'static [u8]);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

#[test]
fn serde_bytes_are_one_leaf() {
    golden(&Bytes(b"a\0b"), [b"a\0b"], 0xd5a0_6cd0_7812_5351);
}

/// A type that is text for people hashes as what it is: an index, and four bytes.
#[test]
fn a_key_is_not_hashed_as_people_read_it() {
    let address = std::net::IpAddr::from([127, 0, 0, 1]);
    golden(
        &address,
        [&[0, 0, 0, 0], &[127], &[0], &[0], &[1]],
        0x6e35_ebaa_2eca_06a7,
    );
}

#[test]
fn compound_types() {
    golden(&(1_u8, "a"), [&[1], b"a"], 0x6054_fadb_e4ed_a87a);
    golden(&[1_u8, 2], [&[1], &[2]], 0x2b4e_0c36_7da2_8915);
    golden(&None::<u8>, [&[0]], 0xc44b_dff4_074e_ecdb);
    golden(&Some(7_u8), [&[1], &[7]], 0x57e7_dd7d_a55c_25c1);
    golden(&Byte(7), [&[7]], 0x4c5c_ca45_d0f4_811f);
    golden(&Shape::Unit, [&[0, 0, 0, 0]], 0x48b2_c926_16fc_193d);
    golden(
        &Shape::Newtype(7),
        [&[0, 0, 0, 1], &[7]],
        0xfeb8_8ce1_a98d_f95c,
    );
    golden(
        &Shape::Tuple(7, -1),
        [&[0, 0, 0, 2], &[7], &[0xff]],
        0xa3f2_81a7_c48a_7c46,
    );
    golden(
        &Shape::Struct { name: "a" },
        [&[0, 0, 0, 3], b"a"],
        0x937d_e7bf_d29f_357f,
    );
}

#[test]
fn sequences_and_maps() {
    golden(&Vec::<u8>::new(), [&count(0)], 0xc77b_3abb_6f87_acd9);
    golden(
        &[1_u8, 2, 3][..],
        [&[1, 2, 3], &count(3)],
        0x4f6b_b53a_7a1f_94cc,
    );
    golden(
        &vec![Byte(1), Byte(2)],
        [&[1, 2], &count(2)],
        0xd7f5_86af_f45e_962b,
    );
    golden(
        &vec![1_u16, 2],
        [&[0, 1], &[0, 2], &count(2)],
        0x3984_52e4_7f32_79ad,
    );
    golden(&vec![(), ()], [&count(2)], 0x3e69_4879_7985_511c);
    golden(
        &vec!["a", ""],
        [b"a", b"", &count(2)],
        0x64cd_ddf9_b718_3a8b,
    );
    golden(
        &vec![vec![1_u8], vec![]],
        [&[1], &count(1), &count(0), &count(2)],
        0xf5e3_9740_507e_d2fb,
    );
    golden(
        &vec![None, Some(7_u8)],
        [&[0], &[1], &[7], &count(2)],
        0x0f31_3304_c6b0_9eb4,
    );
    golden(
        &BTreeMap::from([(1_u8, "a"), (2, "b")]),
        [&[1], b"a", &[2], b"b", &count(2)],
        0x21fd_ecd2_d6e7_02e3,
    );
}

#[test]
fn long_byte_sequences_are_cut_every_64_bytes() {
    let bytes: Vec<u8> = (0..200).collect();
    golden(
        &bytes[..63],
        [&bytes[..63], &count(63)],
        0x34ae_d422_c652_5c38,
    );
    golden(
        &bytes[..64],
        [&bytes[..64], &count(64)],
        0xc561_25dc_bda8_2684,
    );
    golden(
        &bytes[..65],
        [&bytes[..64], &bytes[64..65], &count(65)],
        0x601c_56d5_1c70_57ef,
    );
    golden(
        &bytes[..128],
        [&bytes[..64], &bytes[64..128], &count(128)],
        0x5ea0_ab75_9684_0f8b,
    );
    golden(
        &bytes,
        [
            &bytes[..64],
            &bytes[64..128],
            &bytes[128..192],
            &bytes[192..],
            &count(200),
        ],
        0x9a5d_b05e_b1fd_e880,
    );
}

#[test]
fn other_elements_end_a_run_of_bytes() {
    /// Bytes and words in one sequence, as no derived type has them.
    struct Mixed;

    impl Serialize for Mixed {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeSeq;

            let mut seq = serializer.serialize_seq(None)?;
            seq.serialize_element(&1_u8)?;
            seq.serialize_element(&2_u8)?;
            seq.serialize_element(&())?;
            seq.serialize_element(&3_u8)?;
            seq.serialize_element(&4_u16)?;
            seq.end()
        }
    }

    golden(
        &Mixed,
        [&[1, 2], &[3], &[0, 4], &count(5)],
        0x0519_d8a9_468c_aee7,
    );
}

#[test]
fn a_u64_and_a_string_are_hashed_by_plain_xxh3() {
    let key = 0x0123_4567_89ab_cdef_u64;
    assert_eq!(KeyHash::of(&key).unwrap().0, xxh3_64(&key.to_be_bytes()));
    assert_eq!(KeyHash::of("user-17").unwrap().0, xxh3_64(b"user-17"));
}

#[test]
fn chaining_goes_on_from_the_hash_so_far() {
    let start = KeyHash(0x5eed);
    assert_eq!(
        start.chain("ab").unwrap().0,
        xxh3_64_with_seed(b"ab", 0x5eed)
    );
    assert_eq!(start.chain(&()).unwrap(), start);
}
