//! URLs.

use super::Seeds;

pub(super) fn add(seeds: &mut Seeds) {
    for (name, url) in [
        ("memory", "memory:"),
        ("memory_by_name", "memory://jobs"),
        ("memory_with_an_illegal_name", "memory://Jobs/1"),
        ("memory_with_an_option", "memory:\nregion=eu"),
        ("option_twice", "memory:\na=1\na=2"),
        (
            "bucket_without_the_feature",
            "s3://bucket/prefix\nregion=eu\naccess_key_id=id",
        ),
        ("bucket_with_a_password", "s3://user:word@bucket/prefix"),
        ("query", "gs://bucket/prefix?a=b"),
        (
            "escape",
            "abfss://container@account.dfs.core.windows.net/a%20b",
        ),
        ("directory_that_is_relative", "file:state"),
        ("directory_on_a_host", "FILE://host/state"),
        ("scheme_that_is_none", "ftp://host/path"),
        ("no_scheme", "/var/state"),
    ] {
        seeds.add("storage_url", name, url);
    }
    for (name, url) in [
        ("heap", "heap:"),
        ("heap_with_an_option", "heap:?cache=1"),
        ("heap_with_a_path", "heap:///var/state"),
        (
            "path_with_escapes",
            "redb:///var/my%20state%3F%25?cache=256MiB",
        ),
        ("path_that_is_not_text", "redb:%ff%fe"),
        ("path_that_begins_with_slashes", "redb:////a"),
        (
            "relative",
            "REDB:state?on_dirty=wipe&mode=durable&verify_files=false",
        ),
        ("host", "redb://host/state"),
        ("fragment", "redb:state#a"),
        ("escape_that_is_cut", "redb:state%2"),
        ("size_above_64_bits", "redb:s?cache=18446744073709551615TiB"),
        ("option_twice", "redb:s?cache=1&cache_bytes=1"),
        ("option_that_is_unknown", "redb:s?more=1"),
        ("option_without_value", "redb:s?cache"),
        ("option_that_is_not_text", "redb:s?%ff=1"),
        ("backend_that_is_absent", "rocksdb:///var/state?cache=1"),
        ("backend_that_is_none", "paper:state"),
        (
            "option_with_line_feeds",
            "redb:s?on_dirty=wip\u{3}\0e\n\u{6}\0\0&mode=duras",
        ),
        ("empty", ""),
    ] {
        seeds.add("backend_url", name, url);
    }
}
