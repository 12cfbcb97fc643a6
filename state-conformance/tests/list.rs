//! The list of properties is complete, and the README has it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use state_conformance::PROPERTIES;

/// What the macro lists: `theme::property`.
fn listed() -> BTreeSet<String> {
    let names = PROPERTIES.iter().flat_map(|(theme, properties)| {
        properties
            .iter()
            .map(move |property| format!("{theme}::{property}"))
    });
    names.collect()
}

/// What `lacks:` calls a theme.
fn gap(theme: &str) -> &str {
    match theme {
        "durability" => "durable",
        theme => theme,
    }
}

#[test]
fn every_public_property_is_listed() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/properties");
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let theme = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            // A theme of several files.
            let within = fs::read_dir(path).unwrap();
            files.extend(within.map(|entry| (theme.clone(), entry.unwrap().path())));
        } else {
            files.push((theme, path));
        }
    }
    let mut written = BTreeSet::new();
    for (theme, path) in files {
        // `swap` and `differential` take two factories; they are called where two backends are seen. `memory`
        // has to be alone in its process.
        if ["mod", "swap", "differential", "memory"].contains(&theme.as_str()) {
            continue;
        }
        for line in fs::read_to_string(&path).unwrap().lines() {
            if let Some(rest) = line.strip_prefix("pub fn ") {
                let name = rest.split(['<', '(']).next().unwrap();
                // The gaps of the themes that may be lacking.
                if name == format!("lacks_{}", gap(&theme)) {
                    continue;
                }
                written.insert(format!("{theme}::{name}"));
            }
        }
    }
    assert_eq!(listed(), written);
}

#[test]
fn the_readme_names_every_property() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).unwrap();
    for name in listed() {
        let (theme, property) = name.split_once("::").unwrap();
        assert!(readme.contains(&format!("`{theme}`")), "the theme {theme}");
        assert!(
            readme.contains(&format!("`{property}`")),
            "the property {name}"
        );
    }
}
