//! What the tests of `word_count` share: running it, and text to run it on.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::thread;

use state_backends::any::SCHEMES;

/// The names of all backends that are compiled in.
pub(crate) fn backends() -> Vec<&'static str> {
    let enabled = SCHEMES.iter().filter(|scheme| scheme.is_enabled());
    enabled.map(|scheme| scheme.name()).collect()
}

/// The program, with some arguments given already.
pub(crate) fn word_count(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_word_count"));
    command.args(arguments);
    command
}

/// Runs a command to its end, feeding it `input`.
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Output {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    thread::scope(|scope| {
        // A program that does not read its input is no failure here.
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().unwrap()
    })
}

/// Standard error as text.
pub(crate) fn messages(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Numbers that look random and are the same in every run: Knuth's generator.
pub(crate) struct Lcg(pub(crate) u64);

impl Lcg {
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Lines of up to `words` words each, out of a vocabulary of up to 676: the lower the rank of a
/// word the more often it comes. What comes between words is not always a space.
pub(crate) fn text(lines: u64, words: u64, vocabulary: u64, rng: &mut Lcg) -> Vec<u8> {
    let letters = "aBcDefghijklmnoPqrstuvwxyZ".bytes();
    let separators: [&[u8]; 6] = [b" ", b" ", b", ", b"-", b"\xff", "é7".as_bytes()];
    let mut text = Vec::new();
    for _ in 0..lines {
        for _ in 0..rng.below(words + 1) {
            let end = rng.below(vocabulary) + 1;
            let rank = usize::try_from(rng.below(end)).unwrap();
            text.extend(letters.clone().cycle().nth(rank / 26));
            text.extend(letters.clone().cycle().nth(rank));
            let separator = usize::try_from(rng.below(6)).unwrap();
            text.extend(separators.into_iter().nth(separator).unwrap_or_default());
        }
        text.push(b'\n');
    }
    text
}
