//! What `word_count` prints: against an output worked out by hand, and against another
//! implementation that keeps everything in plain maps.

#![expect(
    clippy::unwrap_used,
    reason = "clippy exempts test functions, not the functions they call"
)]

mod support;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use state_backends::BackendUrl;
use state_backends::any::SCHEMES;
use support::{Lcg, backends, messages, run, text, word_count};

const TALE: &[u8] = b"The cat saw the dog.\n\nthe DOG\xff ran; the cat--the cat ran\nThe end";

const COUNTED: &str = "\
6\tthe\t1,3,4\tcat:3,dog:2,end:1
3\tcat\t1,3\tran:1,saw:1,the:1
2\tdog\t1,3\tran:1
2\tran\t3\tthe:1
1\tend\t4\t
1\tsaw\t1\tthe:1
";

#[test]
fn a_tale_is_counted_as_by_hand() {
    for backend in backends() {
        let output = run(&mut word_count(&["-", "--backend", backend]), TALE);
        assert!(output.status.success(), "{}", messages(&output));
        assert_eq!(
            String::from_utf8(output.stdout.clone()).unwrap(),
            COUNTED,
            "{backend}"
        );
        assert_eq!(messages(&output), "read 4 records\n");
    }
}

#[test]
fn a_url_says_where_the_state_lies() {
    let dir = tempfile::tempdir().unwrap();
    for scheme in SCHEMES.iter().filter(|scheme| scheme.is_enabled()) {
        let url = BackendUrl::new(*scheme);
        let url = if scheme.has_directory() {
            url.with_path(dir.path().join(scheme.name()))
        } else {
            url
        };
        let output = run(&mut word_count(&["-", "--backend", &url.to_string()]), TALE);
        let counted = String::from_utf8(output.stdout.clone()).unwrap();
        assert_eq!(counted, COUNTED, "{url}: {}", messages(&output));
    }
}

#[test]
fn lines_are_numbered_through_all_inputs() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two, empty) = (
        dir.path().join("1"),
        dir.path().join("2"),
        dir.path().join("empty"),
    );
    fs::write(&one, "a b\na").unwrap();
    fs::write(&two, "b\n").unwrap();
    fs::write(&empty, "").unwrap();
    let output = run(
        word_count(&[]).args([&one, &empty]).arg("-").arg(&two),
        b"c a\n",
    );
    let expected = "3\ta\t1,2,3\tb:1\n2\tb\t1,4\t\n1\tc\t3\ta:1\n";
    assert_eq!(String::from_utf8(output.stdout.clone()).unwrap(), expected);
    assert_eq!(messages(&output), "read 4 records\n");
}

#[test]
fn only_the_top_is_shown_and_only_ten_lines() {
    let input = "x y\n".repeat(12) + "y";
    for backend in backends() {
        let command = &mut word_count(&["-", "--top", "1", "--backend", backend]);
        let output = run(command, input.as_bytes());
        assert_eq!(
            output.stdout, b"13\ty\t1,2,3,4,5,6,7,8,9,10\t\n",
            "{backend}"
        );
    }
}

#[test]
fn without_a_file_the_documents_of_the_repository_are_counted() {
    let output = run(&mut word_count(&["--top", "3"]), b"");
    assert!(output.status.success(), "{}", messages(&output));
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 3);
}

#[test]
fn a_resumed_run_agrees_with_one_that_was_never_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let checkpoints = dir.path().join("checkpoints");
    let arguments = [
        "-",
        "--every",
        "2",
        "--checkpoint-dir",
        checkpoints.to_str().unwrap(),
    ];
    let output = run(word_count(&arguments).args(["--crash-after", "3"]), TALE);
    assert!(!output.status.success());
    assert_eq!(output.stdout, b"");

    // The checkpoint after record 2 was published or was not; both are fine.
    let output = run(&mut word_count(&arguments), TALE);
    assert!(output.status.success(), "{}", messages(&output));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), COUNTED);
    let output = run(&mut word_count(&arguments), TALE);
    assert_eq!(String::from_utf8(output.stdout.clone()).unwrap(), COUNTED);
    assert!(
        messages(&output).contains("resuming after record 4"),
        "{}",
        messages(&output)
    );
    let skipped = format!("skipping {} bytes of -", TALE.len());
    assert!(
        messages(&output).contains(&skipped),
        "{}",
        messages(&output)
    );
    assert!(
        messages(&output).ends_with("read 0 records\n"),
        "{}",
        messages(&output)
    );
}

#[test]
fn changed_inputs_are_refused_with_advice() {
    let dir = tempfile::tempdir().unwrap();
    let (file, other) = (dir.path().join("file"), dir.path().join("other"));
    fs::write(&file, TALE).unwrap();
    fs::write(&other, TALE).unwrap();
    let again = |files: &[&std::path::Path]| {
        let checkpoints = dir.path().join("checkpoints");
        run(
            word_count(&["--checkpoint-dir"])
                .arg(checkpoints)
                .args(files),
            b"",
        )
    };
    let refused = |files: &[&std::path::Path]| {
        let output = again(files);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(output.stdout, b"");
        assert!(
            messages(&output).contains("--checkpoint-dir"),
            "{}",
            messages(&output)
        );
    };
    assert!(again(&[&file]).status.success());
    refused(&[&other]);
    refused(&[&file, &other]);
    fs::write(&file, [TALE, b"less"].concat()).unwrap();
    refused(&[&file]); // "end" has become "endless"
    fs::write(&file, &TALE[..9]).unwrap();
    refused(&[&file]);
    fs::write(&file, [TALE, b""].concat()).unwrap();
    assert!(again(&[&file]).status.success());
}

#[test]
fn a_file_that_has_grown_is_read_on() {
    let dir = tempfile::tempdir().unwrap();
    let (file, checkpoints) = (dir.path().join("log"), dir.path().join("checkpoints"));
    let read = || {
        run(
            word_count(&["--checkpoint-dir"]).args([&checkpoints, &file]),
            b"",
        )
    };
    fs::write(&file, "a b\n").unwrap();
    assert!(read().status.success());
    fs::write(&file, "a b\na\n").unwrap();
    let output = read();
    assert_eq!(output.stdout, b"2\ta\t1,2\tb:1\n1\tb\t1\t\n");
    assert!(
        messages(&output).ends_with("read 1 records\n"),
        "{}",
        messages(&output)
    );
}

#[test]
fn wrong_usage_and_failure_have_their_codes() {
    let code = |arguments: &[&str]| run(&mut word_count(arguments), b"").status.code();
    assert_eq!(code(&["-", "-"]), Some(2));
    assert_eq!(code(&["--backend", "paper"]), Some(2));
    assert_eq!(code(&["--backend", "paper:"]), Some(2));
    assert_eq!(code(&["-", "--backend", "heap:work"]), Some(1));
    assert_eq!(code(&["--crash-after", "0"]), Some(2));
    assert_eq!(code(&["/no/such/file"]), Some(1));
}

#[test]
fn random_text_is_counted_as_by_another_implementation() {
    let mut rng = Lcg(7);
    for _ in 0..10 {
        let words = rng.below(20);
        let input = text(200, words, 400, &mut rng);
        let expected = naive(&input);
        for backend in backends() {
            let output = run(&mut word_count(&["-", "--backend", backend]), &input);
            assert_eq!(
                String::from_utf8(output.stdout).unwrap(),
                expected,
                "{backend}"
            );
        }
    }
}

/// All that is known of a word.
#[derive(Default)]
struct Entry {
    count: u64,
    lines: Vec<u64>,
    next: BTreeMap<String, u64>,
}

/// The output by the letter of its description: everything kept, cut and sorted at the end.
fn naive(input: &[u8]) -> String {
    let mut entries = BTreeMap::<String, Entry>::new();
    for (number, line) in (1..).zip(input.split(|byte| *byte == b'\n')) {
        let line: String = line
            .iter()
            .map(|byte| {
                if byte.is_ascii_alphabetic() {
                    char::from(*byte)
                } else {
                    ' '
                }
            })
            .collect();
        let words: Vec<String> = line.split_whitespace().map(str::to_lowercase).collect();
        for (i, word) in words.iter().enumerate() {
            let entry = entries.entry(word.clone()).or_default();
            entry.count += 1;
            entry.lines.push(number);
            if let Some(following) = words.get(i + 1) {
                *entry.next.entry(following.clone()).or_default() += 1;
            }
        }
    }
    let mut words: Vec<_> = entries.into_iter().collect();
    words.sort_by_key(|(word, entry)| (Reverse(entry.count), word.clone()));
    let mut report = String::new();
    for (word, mut entry) in words {
        entry.lines.dedup();
        let lines: Vec<_> = entry.lines.iter().take(10).map(u64::to_string).collect();
        let mut next: Vec<_> = entry.next.into_iter().collect();
        next.sort_by_key(|(word, count)| (Reverse(*count), word.clone()));
        let next: Vec<_> = next
            .iter()
            .take(3)
            .map(|(word, n)| format!("{word}:{n}"))
            .collect();
        let (lines, next) = (lines.join(","), next.join(","));
        writeln!(report, "{}\t{word}\t{lines}\t{next}", entry.count).unwrap();
    }
    report
}
