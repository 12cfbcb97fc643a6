//! The conformance suite on `AnyBackend`, as each of the backends that it can be.

#![cfg(feature = "heap")]

mod backends;

state_conformance::suite!(
    heap,
    backends::HEAP,
    lacks: [
        durable => "memory does not survive a crash",
        native => "there are no files: the portable checkpoint is the only one",
        cost => "there is no engine: an access is one of a hash table"
    ]
);

#[cfg(feature = "redb")]
state_conformance::suite!(
    redb,
    backends::REDB,
    lacks: [
        native => "redb has one file that changes in place: nothing of it can be shared",
        cost => "a URL opens the engine itself: its own crate counts its calls"
    ]
);

#[cfg(feature = "rocksdb")]
state_conformance::suite!(
    rocksdb,
    backends::ROCKSDB,
    lacks: [cost => "a URL opens the engine itself: its own crate counts its calls"]
);

#[cfg(feature = "sled")]
state_conformance::suite!(
    sled,
    backends::SLED,
    lacks: [
        durable => "sled writes its log back at any time, and no commit of it spans trees",
        native => "sled has one log that changes in place: nothing of it can be shared",
        cost => "a URL opens the engine itself: its own crate counts its calls"
    ]
);
