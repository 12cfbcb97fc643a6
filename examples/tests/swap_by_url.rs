//! `swap_by_url` prints the same whatever backends it goes through, and says what is wrong with a URL.

#![expect(
    clippy::unwrap_used,
    reason = "clippy exempts test functions, not the functions they call"
)]

use std::process::{Command, Output};

use state_backends::BackendUrl;
use state_backends::any::SCHEMES;

fn swap<'a>(urls: impl IntoIterator<Item = &'a str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swap_by_url"));
    command.args(urls).output().unwrap()
}

#[test]
fn the_result_is_that_of_one_backend_alone() {
    let expected = swap(["heap:"]).stdout;
    assert!(String::from_utf8_lossy(&expected).starts_with("shop 0: 34"));
    assert_eq!(swap([]).stdout, expected);

    let dir = tempfile::tempdir().unwrap();
    let mut all = vec!["heap:".to_owned(); 3];
    for scheme in SCHEMES.iter().filter(|scheme| scheme.is_enabled()) {
        let url = BackendUrl::new(*scheme);
        let url = if scheme.has_directory() {
            url.with_path(dir.path().join(scheme.name()))
        } else {
            url
        };
        all.push(url.to_string());
        let pair = [&*all[0], &*url.to_string()].map(str::to_owned);
        for order in [[0, 1], [1, 0]] {
            let output = swap(order.map(|i| &*pair[i]));
            assert_eq!(output.stdout, expected, "{url}");
        }
    }
    assert_eq!(swap(all.iter().map(|url| &**url)).stdout, expected);
}

#[test]
fn a_url_that_is_wrong_is_explained() {
    for (url, remedy) in [
        ("paper:", "known = heap"),
        ("heap", "scheme:path?option=value"),
        ("heap:here", "leave the path out"),
    ] {
        let output = swap(["heap:", url]);
        assert!(!output.status.success());
        assert_eq!(output.stdout, b"");
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(remedy), "{message}");
    }
}
