//! From one backend to another.

use proptest::collection::vec;
use state_api::StateBackend;

use crate::backup::Backup;
use crate::chain::{self, Chain};
use crate::difference::Difference;
use crate::factory::BackendFactory;
use crate::model::{self, Handles, Model, Via, compare, refuses_foreign_keys};
use crate::runner::{cases, check};
use crate::site::{Site, all_groups, worker_groups};

use super::incremental::perform;

/// Parallelism of the writing and of the restoring side.
const SCALES: [(u16, u16); 4] = [(1, 1), (1, 2), (2, 1), (2, 3)];

/// A generated history on workers of `A`, checkpointed and restored into workers of `B`, at the
/// same and at other parallelism, is equal in every typed read; and back again.
///
/// For a crate that sees several backends:
///
/// ```
/// use state_conformance::{BackendFactory, properties};
///
/// fn every_pair<A: BackendFactory, B: BackendFactory>(heap: &A, redb: &B) {
///     properties::swap(heap, redb);
///     properties::swap(redb, heap);
/// }
/// ```
///
/// # Panics
/// When a read differs, with the shortest history.
pub fn swap<A: BackendFactory, B: BackendFactory>(a: &A, b: &B) {
    check(cases().div_ceil(4), &vec(model::data(), 1..80), |history| {
        let (from, to) = (Site::new(a), Site::new(b));
        for (p, q) in SCALES {
            let mut model = Model::default();
            let mut workers = open(&from, p)?;
            for data in &history {
                let (worker, handles) = owner(&mut workers, data);
                model::apply(data, Via::Cursor, worker, handles, &mut model)?;
            }
            let scale = |d: Difference| d.while_doing(format_args!("{p} -> {q} workers"));
            let moved = hand_over(workers, &to, q, &model).map_err(scale)?;
            hand_over(moved, &from, p, &model).map_err(scale)?;
        }
        Ok(())
    });
}

/// A chain of checkpoints goes from backend to backend: a base and a delta of `A`, two of `B` on top of
/// them, one of `A` again. Each is incremental, and restored into both it is equal in every typed read.
///
/// For a crate that sees several backends, as [`swap`].
///
/// # Panics
/// When a read differs, with the shortest histories.
pub fn swap_within_a_chain<A: BackendFactory, B: BackendFactory>(a: &A, b: &B) {
    let histories = vec(vec(model::data(), 0..30), 5);
    check(cases().div_ceil(8), &histories, |histories| {
        let (a, b) = (Site::new(a), Site::new(b));
        let chain = Chain::new()?;
        let mut model = Model::default();
        let mut first = [chain::worker(&a, all_groups())?];
        let mut manifest = None;
        for (number, history) in histories[..2].iter().enumerate() {
            perform(&mut first, &mut model, history)?;
            let (taken, written) = chain.checkpoint(&mut first)?;
            Difference::between("incremental", &(number > 0), &written[0].incremental)?;
            chain.check(&b, &taken, &model)?;
            manifest = Some(taken);
        }
        let base = manifest.unwrap();
        let mut second = [chain.claim(&b, &base, all_groups())?];
        compare(&second[0].backend, second[0].handles, &model)?;
        let mut manifest = base;
        for history in &histories[2..4] {
            perform(&mut second, &mut model, history)?;
            let (taken, written) = chain.checkpoint(&mut second)?;
            Difference::between("incremental", &true, &written[0].incremental)?;
            chain.check(&a, &taken, &model)?;
            chain.check(&b, &taken, &model)?;
            manifest = taken;
        }
        let mut third = [chain.claim(&a, &manifest, all_groups())?];
        perform(&mut third, &mut model, &histories[4])?;
        let (taken, written) = chain.checkpoint(&mut third)?;
        Difference::between("incremental", &true, &written[0].incremental)?;
        chain.check(&a, &taken, &model)?;
        chain.check(&b, &taken, &model)
    });
}

type Workers<F> = Vec<(<F as BackendFactory>::Backend<String>, Handles)>;

fn open<F: BackendFactory>(site: &Site<'_, F>, p: u16) -> Result<Workers<F>, Difference> {
    let mut workers = Vec::new();
    for index in 0..p {
        let mut worker = site.open_for::<String>(worker_groups(index, p));
        let handles = Handles::register(&mut worker)?;
        workers.push((worker, handles));
    }
    Ok(workers)
}

/// The worker that owns the key of an operation.
fn owner<'w, B: StateBackend<Key = String>>(
    workers: &'w mut [(B, Handles)],
    data: &model::Data,
) -> (&'w mut B, Handles) {
    let hash = state_api::KeyHash::of(data.key().text().as_str()).unwrap();
    let found = workers
        .iter_mut()
        .find(|(worker, _)| worker.key_groups().owns(hash));
    let (worker, handles) = found.unwrap();
    (worker, *handles)
}

/// Checkpoints `workers` and restores them as `q` workers of `to`.
fn hand_over<A: StateBackend<Key = String>, F: BackendFactory>(
    workers: Vec<(A, Handles)>,
    to: &Site<'_, F>,
    q: u16,
    model: &Model,
) -> Result<Workers<F>, Difference> {
    let mut views = Vec::new();
    for (mut worker, _) in workers {
        views.push(worker.freeze()?);
        worker.destroy()?;
    }
    let backup = Backup::of(views)?;
    let mut moved = open(to, q)?;
    for (worker, handles) in &mut moved {
        backup.restore(worker)?;
        compare(worker, *handles, model)?;
        refuses_foreign_keys(worker, *handles)?;
    }
    Ok(moved)
}
