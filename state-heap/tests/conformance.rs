//! The conformance suite on the heap backend.

mod factory;

use factory::Heap;

state_conformance::suite!(
    heap,
    Heap::default(),
    lacks: [
        durable => "memory does not survive a crash",
        native => "there are no files: the portable checkpoint is the only one",
        cost => "there is no engine: an access is one of a hash table"
    ]
);
