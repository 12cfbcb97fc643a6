//! Records of properties, and the card that is made from them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, UNIX_EPOCH};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Card, Entry, FORMAT, Outcome, Run, promises};
use crate::crash::child_root;
use crate::factory::BackendFactory;
use crate::runner::{self, CASES, Generated};
use crate::site::{Site, all_groups};
use crate::suite::{PROPERTIES, Suite};

const FOLDER: &str = "STATE_CONFORMANCE_CARD";

/// Which run a record is of: the one that reads it, or nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    run: String,
    /// The executable: its path, length and time of change, so that a build has another one.
    executable: String,
    /// As in [`Card::cases`].
    cases: u32,
}

/// What one property left.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Record {
    stamp: Stamp,
    outcome: Outcome,
    seed: Option<u64>,
    seconds: f64,
}

/// What is asked of the backend once in a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Passport {
    stamp: Stamp,
    backend: String,
    capability: BTreeMap<String, bool>,
    durable_capability: Option<BTreeMap<String, bool>>,
}

/// Where the records of a suite are.
pub(crate) struct Ledger<'s> {
    suite: &'s Suite,
    folder: PathBuf,
    stamp: Stamp,
    /// Whether the folder was asked for: then a card that cannot be written is a failure.
    asked_for: bool,
}

impl<'s> Ledger<'s> {
    /// The ledger of a suite; `None` where no card is wanted, and in children of properties of crashes.
    pub(crate) fn of(suite: &'s Suite) -> Option<Self> {
        if child_root().is_some() {
            return None;
        }
        let asked = std::env::var_os(FOLDER);
        let asked_for = asked.is_some();
        let root = match asked {
            Some(folder) if folder.is_empty() => return None,
            Some(folder) => PathBuf::from(folder),
            None => target()?.join("conformance"),
        };
        Some(Self {
            suite,
            folder: root.join(suite.package).join(suite.name),
            stamp: Stamp {
                run: run(),
                executable: executable()?,
                cases: runner::cases(),
            },
            asked_for,
        })
    }

    /// Notes that a property begins, and asks the backend for its promises, once in a run.
    pub(crate) fn begin<F: BackendFactory>(&self, test: [&str; 2], factory: &F) {
        self.attempt(|| {
            let _lock = self.lock()?;
            let passport: Option<Passport> = load(&self.folder.join("backend.json"));
            if passport.is_none_or(|passport| passport.stamp != self.stamp) {
                // Another run, or another build: nothing of it counts.
                fs::remove_dir_all(self.records())?;
                fs::create_dir_all(self.records())?;
                save(&self.folder.join("backend.json"), &self.ask(factory))?;
            }
            if !self.has_failed(test) {
                self.put(test, Outcome::NotEnded, None, Duration::ZERO)?;
            }
            self.assemble()
        });
    }

    /// Notes how a property ended. A failure stays one, whatever a second attempt in the same run does.
    pub(crate) fn end(
        &self,
        test: [&str; 2],
        outcome: Outcome,
        generated: Option<Generated>,
        time: Duration,
    ) {
        self.attempt(|| {
            let _lock = self.lock()?;
            if !self.has_failed(test) {
                self.put(test, outcome, generated, time)?;
            }
            self.assemble()
        });
    }

    fn attempt(&self, write: impl FnOnce() -> io::Result<()>) {
        if let Err(error) = write() {
            let place = self.folder.display();
            assert!(
                !self.asked_for,
                "{FOLDER} asks for a card, and it cannot be written to {place}: {error}"
            );
            eprintln!("no capability card in {place}: {error}");
        }
    }

    fn records(&self) -> PathBuf {
        self.folder.join("records")
    }

    /// Holds off all others, threads and processes, until it is dropped.
    fn lock(&self) -> io::Result<File> {
        fs::create_dir_all(self.records())?;
        let lock = File::create(self.folder.join("lock"))?;
        lock.lock()?;
        Ok(lock)
    }

    fn path(&self, [theme, property]: [&str; 2]) -> PathBuf {
        self.records().join(format!("{theme}.{property}.json"))
    }

    /// The record of a property, if it is of this run.
    fn record(&self, test: [&str; 2]) -> Option<Record> {
        let record: Record = load(&self.path(test))?;
        (record.stamp == self.stamp).then_some(record)
    }

    fn has_failed(&self, test: [&str; 2]) -> bool {
        let record = self.record(test);
        record.is_some_and(|record| matches!(record.outcome, Outcome::Failed { .. }))
    }

    fn put(
        &self,
        test: [&str; 2],
        outcome: Outcome,
        generated: Option<Generated>,
        time: Duration,
    ) -> io::Result<()> {
        let record = Record {
            stamp: self.stamp.clone(),
            outcome,
            seed: generated.map(|generated| generated.seed),
            seconds: time.as_secs_f64(),
        };
        save(&self.path(test), &record)
    }

    fn ask<F: BackendFactory>(&self, factory: &F) -> Passport {
        use state_api::StateBackend;
        // A backend that does not even open leaves a card without promises; its properties say why.
        let asked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let site = Site::new(factory);
            let scratch = site.open::<u64>();
            let durable = site.reopen_durable::<u64>(&site.dir(), all_groups()).ok();
            let durable = durable.map(|backend| promises(backend.capability()));
            (scratch.name(), promises(scratch.capability()), durable)
        }));
        let (backend, capability, durable_capability) = asked.unwrap_or_default();
        Passport {
            stamp: self.stamp.clone(),
            backend: backend.to_owned(),
            capability,
            durable_capability,
        }
    }

    /// Makes the card anew.
    fn assemble(&self) -> io::Result<()> {
        let card = self.card();
        let text = super::markdown::render(&card);
        replace(&self.folder.join("card.md"), text.as_bytes())?;
        save(&self.folder.join("card.json"), &card)
    }

    fn card(&self) -> Card {
        let mut run = Run {
            id: self.stamp.run.clone(),
            ..Run::default()
        };
        let mut properties = Vec::new();
        let mut entry = |test: [&str; 2], lacked: Option<&str>| {
            let record = self.record(test).filter(|_| lacked.is_none());
            if let Some(Record { seed, seconds, .. }) = &record {
                run.seconds += seconds;
                let name = test.join("::");
                run.seeds.extend(seed.map(|seed| (name, seed)));
            }
            let outcome = match lacked {
                Some(reason) => Outcome::Lacked {
                    reason: reason.to_owned(),
                },
                None => record.map_or(Outcome::NotRun, |record| record.outcome),
            };
            let [theme, property] = test.map(str::to_owned);
            properties.push(Entry {
                theme,
                property,
                outcome,
            });
        };
        for (theme, of_theme) in PROPERTIES {
            let lacked = self.suite.lacks.iter().find(|lack| lack.theme == *theme);
            if let Some(lack) = lacked {
                entry([theme, lack.gap], None);
            }
            for property in *of_theme {
                entry([theme, property], lacked.map(|lack| lack.reason));
            }
        }
        let holds = |entry: &Entry| {
            matches!(
                entry.outcome,
                Outcome::Passed { .. } | Outcome::Lacked { .. }
            )
        };
        let passport: Option<Passport> = load(&self.folder.join("backend.json"));
        let passport = passport.filter(|passport| passport.stamp == self.stamp);
        let certified = self.stamp.cases >= CASES && properties.iter().all(holds);
        let (backend, capability, durable_capability) = passport
            .map(|it| (it.backend, it.capability, it.durable_capability))
            .unwrap_or_default();
        Card {
            format: FORMAT,
            certified,
            suite: self.suite.name.to_owned(),
            backend,
            package: self.suite.package.to_owned(),
            version: self.suite.version.to_owned(),
            suite_version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: platform(),
            cases: self.stamp.cases,
            capability,
            durable_capability,
            properties,
            run,
        }
    }
}

fn platform() -> String {
    let profile = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    format!("{os} {arch} {profile}")
}

/// The name of the run: `cargo nextest` gives one to all its processes, elsewhere a process is a run.
fn run() -> String {
    static RUN: OnceLock<String> = OnceLock::new();
    let drawn = || {
        std::env::var("NEXTEST_RUN_ID").unwrap_or_else(|_| {
            let drawn = RandomState::new().hash_one(std::process::id());
            format!("{}-{drawn:016x}", std::process::id())
        })
    };
    RUN.get_or_init(drawn).clone()
}

fn executable() -> Option<String> {
    let path = std::env::current_exe().ok()?;
    let meta = fs::metadata(&path).ok()?;
    let changed = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let (path, len, changed) = (path.display(), meta.len(), changed.as_nanos());
    Some(format!("{path}, {len} bytes, {changed}"))
}

/// The target folder, of an executable that cargo built for tests: `<target>/<profile>/deps/<name>`.
fn target() -> Option<PathBuf> {
    let path = std::env::current_exe().ok()?;
    let deps = path.parent().filter(|dir| dir.ends_with("deps"))?;
    deps.parent()?.parent().map(Path::to_owned)
}

/// What a file holds, if it is there and whole.
fn load<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn save<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    replace(path, &text)
}

/// Writes a file in one step: a reader finds what was there before, or all of it. For holders of the lock.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let next = path.with_extension("next");
    fs::write(&next, content)?;
    fs::rename(&next, path)
}
