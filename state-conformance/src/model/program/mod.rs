//! Histories as programs: what a person pastes into a test, runs and cuts down.
//!
//! A [`Script`] is written while a history is played, by those who play it, so that it cannot tell
//! another story than what was done.

mod literal;
mod operation;
mod read;

use std::cell::RefCell;
use std::fmt::{Debug, Write};

pub(super) use literal::Literal;
pub(crate) use read::contents;
pub(super) use read::{Place, elements, end, entries, entry, key_count, keys, value};

use super::history::{Data, Options, Via};
use super::schema::Model;
use crate::difference::Difference;
use crate::factory::BackendFactory;
use crate::runner::at_step;
use crate::site::Site;

/// How a program registers the model's states.
const REGISTER: &str = include_str!("register.txt");

/// What a program imports, where the second text stands in it.
const IMPORTS: [(&str, &[(&str, &str)]); 4] = [
    ("std::mem", &[("replace", " replace(")]),
    ("std::ops", &[("Bound", "Bound::")]),
    (
        "state_api",
        &[
            ("BoundStates as _", "bound.at_mut("),
            ("ErrorKind", "ErrorKind::"),
            ("KeyGroupRange", "KeyGroupRange::"),
            ("ListDescriptor", "ListDescriptor::"),
            ("MapDescriptor", "MapDescriptor::"),
            ("Ref", "Ref::"),
            ("Result", "Result<"),
            ("StateBackend", "StateBackend"),
            ("StateRead as _", ".at("),
            ("StateRead as _", ".states()"),
            ("StateRead as _", ".key_count("),
            ("StateRead as _", ".keys("),
            ("StateView as _", ".epoch()"),
            ("StateView as _", ".tracks_since("),
            ("StateView as _", ".into_changes("),
            ("ValueDescriptor", "ValueDescriptor::"),
        ],
    ),
    (
        "state_conformance::replay",
        &[
            ("Backup", "Backup::"),
            ("Calls", "Calls::"),
            ("Chain", "Chain::"),
            ("Handles", "Handles {"),
            ("Site", "Site::"),
            ("Text", "Text::"),
            ("Text", "Text("),
            ("Text", "Text>"),
            ("Walk", "Walk::"),
            ("all_groups", "all_groups("),
            ("changes", "= changes("),
            ("claimed", "= claimed("),
            ("clipped", "clipped("),
            ("elements", "elements("),
            ("entries", "entries("),
            ("hand_over", "= hand_over("),
            ("joined", "joined("),
            ("keys", "(keys("),
            ("lineage", "= lineage()"),
            ("rows", "= rows("),
            ("worker_groups", "worker_groups("),
        ],
    ),
];

/// Registers as [`Handles::register_some`](super::schema::Handles::register_some) does.
pub(super) const REGISTER_SOME: &str = "\
backend.register(MapDescriptor::<String, Text>::new(\"tags\").namespaced::<u32>())?;
backend.register(ListDescriptor::<u64>::new(\"events\"))?;
backend.register(ValueDescriptor::<Text>::new(\"notes\").namespaced::<u32>())?;";

/// Statements of a program, as far as it was played; nothing where nobody asks for them.
#[derive(Debug, Default)]
pub struct Script {
    statements: RefCell<String>,
    wanted: bool,
}

impl Script {
    /// A script that is written.
    pub(crate) fn wanted() -> Self {
        Self {
            wanted: true,
            ..Self::default()
        }
    }

    /// Begins a step of a history: in the report, and with a comment in the program.
    pub(super) fn step(&self, number: usize, step: &impl Debug) {
        at_step(|| format!("step {number}, {step:?}"));
        self.say(|| format!("// step {number}"));
    }

    /// Behind the last step.
    pub(super) fn end(&self) {
        at_step(|| "the end of the history".into());
        self.say(|| "// the end".to_owned());
    }

    /// Adds lines.
    pub(crate) fn say(&self, lines: impl FnOnce() -> String) {
        if !self.wanted {
            return;
        }
        let mut statements = self.statements.borrow_mut();
        for line in lines().lines() {
            let _ = writeln!(statements, "    {line}");
        }
    }

    /// Adds an operation on `state`, which is as `model` before it; `handles` is what its handles are called.
    pub(crate) fn does(&self, state: &str, handles: &str, data: &Data, via: Via, model: &Model) {
        self.say(|| named(&operation::statements(data, via, model), state, handles));
    }

    /// Adds a read, as [`Script::does`] adds an operation, through a shared reference.
    pub(super) fn reads(&self, state: &str, handles: &str, data: &Data, model: &Model) {
        self.say(|| {
            let read = operation::statements(data, Via::Cursor, model);
            named(&read, state, handles).replacen(".at_mut(", ".at(", 1)
        });
    }

    /// Adds checks that were made of `state` and agreed.
    pub(crate) fn checks(&self, state: &str, handles: &str, checks: impl FnOnce() -> Vec<String>) {
        self.say(|| named(&checks().join("\n"), state, handles));
    }

    /// Adds checks of a view, on a thread of its own.
    pub(super) fn checks_of_view(&self, view: &str, checks: impl FnOnce() -> Vec<String>) {
        self.say(|| on_thread(view, &checks().join("\n")));
    }

    /// Says which check of `state` fails, if it does.
    pub(crate) fn fails<T>(
        &self,
        state: &str,
        handles: &str,
        outcome: Result<T, Difference>,
    ) -> Result<T, Difference> {
        if let Err(Some(check)) = outcome.as_ref().map_err(Difference::check) {
            self.say(|| named(check, state, handles));
        }
        outcome
    }

    /// As [`Script::fails`], of a view.
    pub(super) fn fails_of_view<T>(
        &self,
        view: &str,
        outcome: Result<T, Difference>,
    ) -> Result<T, Difference> {
        if let Err(Some(check)) = outcome.as_ref().map_err(Difference::check) {
            self.say(|| on_thread(view, check));
        }
        outcome
    }

    /// The program: `story` in comments, then the test. `factory` is an expression.
    pub(crate) fn program(self, story: &str, factory: &str) -> String {
        let mut program = String::new();
        for line in story.lines() {
            let _ = writeln!(program, "{}", format!("// {line}").trim_end());
        }
        let statements = self.statements.into_inner();
        let body = format!(
            "{REGISTER}\n\
             #[test]\n\
             #[allow(unused, reason = \"each history has its own use\")]\n\
             fn counterexample() -> Result<()> {{\n    \
             let factory = {factory};\n\
             {statements}    \
             Ok(())\n\
             }}\n"
        );
        program.push('\n');
        for (path, names) in IMPORTS {
            let used = names.iter().filter(|(_, text)| body.contains(text));
            let mut used: Vec<_> = used.map(|(name, _)| *name).collect();
            used.dedup();
            if !used.is_empty() {
                let _ = writeln!(program, "use {path}::{{{}}};", used.join(", "));
            }
        }
        program.push('\n');
        program.push_str(&body);
        program
    }
}

/// The call that opens the directory `dir` with `options`, as they are called in the program.
pub(super) fn opened<F: BackendFactory>(
    site: &Site<'_, F>,
    key_type: &str,
    dir: &str,
    options: Options,
) -> String {
    match site.varied(options.0) {
        Some(_) => format!(
            "site.reopen_varied{key_type}({dir}, all_groups(), {})?",
            options.0
        ),
        None => format!("site.reopen{key_type}({dir}, all_groups())?"),
    }
}

fn named(check: &str, state: &str, handles: &str) -> String {
    check
        .replace(read::STATE, state)
        .replace(read::HANDLES, handles)
}

fn on_thread(view: &str, checks: &str) -> String {
    let mut lines = String::from("std::thread::scope(|scope| {\n");
    lines.push_str("    let reads = scope.spawn(|| -> Result<()> {\n");
    for check in named(checks, &format!("{view}.0"), &format!("{view}.1")).lines() {
        let _ = writeln!(lines, "        {check}");
    }
    lines.push_str("        Ok(())\n    });\n    reads.join().unwrap()\n})?;");
    lines
}
