//! A freeze asks for no memory that grows with the table, unless no write has copied anything since the last one: with
//! glibc, who asks for much after many small blocks were freed puts those together first. Alone in its program, since
//! the counter is of all threads.

mod row;

use std::alloc::System;

use row::{filled, set, spread};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn the_directory_of_a_view_is_in_memory_from_before() {
    let mut table = filled(14, 0..20_000);
    let asked_for = |table: &mut state_table::Table<_>| {
        let region = Region::new(GLOBAL);
        let view = table.freeze();
        let asked_for = region.change().bytes_allocated;
        drop(view);
        asked_for
    };
    assert!(asked_for(&mut table) < 200);
    // No write has copied anything for that view, or made a segment.
    let second = asked_for(&mut table);
    assert!(second > 10_000, "{second} bytes for as many entries");
    for value in 0..3 {
        let view = table.freeze();
        set(&mut table, spread(5), 5, value);
        drop(view);
        let bytes = asked_for(&mut table);
        assert!(bytes < 200, "{bytes} bytes");
    }
}
