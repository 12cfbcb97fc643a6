//! The sound kin of the broken backends pass the whole suite: what rejects one of those rejects its
//! defect, and no good backend.

use crate::bent::Bent;
use crate::broken::Broken;
use crate::kept::Kept;
use crate::wasteful::Wasteful;

state_conformance::suite!(
    store,
    Broken(None),
    lacks: [
        durable => "memory does not survive a crash",
        native => "there are no files"
    ]
);

state_conformance::suite!(
    file,
    Kept(None),
    lacks: [native => "there is one file, which is written anew each time"]
);

state_conformance::suite!(
    typed,
    Bent(None),
    lacks: [
        cost => "what is bent has no engine",
        native => "there are no files",
        durable => "memory does not survive a crash",
    ]
);

state_conformance::suite!(
    engine,
    Wasteful(None),
    lacks: [
        durable => "memory does not survive a crash",
        native => "there are no files"
    ]
);
