//! The conformance suite on the sled backend.

mod factory;

use factory::Sled;

state_conformance::suite!(
    sled,
    Sled::default(),
    lacks: [
        durable => "sled writes its log back at any time, and no commit of it spans trees",
        native => "sled has one log that changes in place: nothing of it can be shared"
    ]
);
