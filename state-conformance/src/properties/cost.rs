//! What an access costs its engine: calls that read, counted.
//!
//! After any history, with views alive and without, each access is counted by itself. What a write writes is not
//! looked at: an engine may defer it.

use state_api::ErrorKind;

use crate::counting::Calls;
use crate::factory::BackendFactory;
use crate::model::check_histories;
use crate::model::cost::{Law, bills};
use crate::refusal::assert_refused;
use crate::runner::cases;
use crate::site::Site;

fn check<F: BackendFactory>(factory: &F, law: Law) {
    check_histories(factory, cases().div_ceil(4), &bills(law));
}

/// The value of a key, or of a map key, is one read at most, whether it is there or not; so is whether a map
/// has a key.
pub fn a_get_is_one_read<F: BackendFactory>(factory: &F) {
    check(factory, Law::Get);
}

/// A value is put or cleared, a map entry inserted or removed, without a read: what was there does not matter.
pub fn a_blind_write_reads_nothing<F: BackendFactory>(factory: &F) {
    check(factory, Law::BlindWrite);
}

/// A list grows without a read, however long it is: also the first time since a restore.
pub fn an_append_reads_nothing<F: BackendFactory>(factory: &F) {
    check(factory, Law::Append);
}

/// What starts from what is there - to modify, update or take a value or a map entry - reads it once.
pub fn an_update_reads_once<F: BackendFactory>(factory: &F) {
    check(factory, Law::Update);
}

/// A list or map is cleared, and a list replaced, without a look at a row that is not its own: at most its own
/// are walked, however many lie beside them.
pub fn a_clear_walks_only_its_own_rows<F: BackendFactory>(factory: &F) {
    check(factory, Law::Clear);
}

/// Where no calls are counted the factory says so.
pub fn lacks_cost<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let opened = site.open_counted::<u64>(&Calls::default()).map(drop);
    assert_refused(
        "a backend whose calls are counted",
        ErrorKind::Unsupported,
        opened,
    );
}
