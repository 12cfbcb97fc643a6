//! The conformance suite on the redb backend.

mod factory;

use factory::Redb;

state_conformance::suite!(
    redb,
    Redb::default(),
    lacks: [native => "redb has one file that changes in place: nothing of it can be shared"]
);
