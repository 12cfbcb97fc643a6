//! The backends over engines that the features choose, each with its default configuration.

use state_api::{KeyGroups, StateBackend};

use crate::subject::{Backend, OnSubject, Settings, Subject};

/// What is done with a backend over any engine.
pub trait OnEngine {
    /// `open` opens an empty backend of its own at each call.
    fn run<B: StateBackend<Key = u64>>(&self, name: &str, open: &mut dyn FnMut() -> B);
}

/// Runs `work` on each engine that is named by an argument of the program, or on all.
///
/// # Panics
/// When a backend does not open.
pub fn on_engines(work: &impl OnEngine) {
    let wanted: Vec<_> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    for backend in Backend::ALL {
        if *backend != Backend::Heap && is_wanted(backend.name()) {
            backend.run(Engine(backend.name(), work));
        }
    }
}

struct Engine<'a, W>(&'static str, &'a W);

impl<W: OnEngine> OnSubject for Engine<'_, W> {
    type Output = ();

    #[allow(clippy::unwrap_used, reason = "a benchmark may panic")]
    fn run<S: Subject>(self) {
        let settings = Settings {
            root: None,
            key_groups: KeyGroups::all(KeyGroups::DEFAULT).unwrap(),
            tracked: false,
        };
        let mut directories = Vec::new();
        self.1.run(self.0, &mut || {
            let directory = settings.directory().unwrap();
            let state = S::open::<u64>(&settings, &directory).unwrap();
            directories.push(directory);
            state
        });
    }
}
