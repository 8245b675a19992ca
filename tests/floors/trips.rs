//! The four trips of the README, as the documentation of the library writes them: five lines each, with the functions
//! that they pass.
//!
//! ```text
//! A message
//!   step    file.rs function, function > file.rs function
//! ```

use std::fs;

/// Lines of a trip.
const LENGTH: usize = 5;

#[test]
fn the_trips_can_be_followed_by_their_names() {
    let readme = fs::read_to_string("README.md").unwrap();
    let (_, section) = readme.split_once("\n## The four trips\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let titles = section.lines().filter_map(|line| {
        let (title, _) = line.strip_prefix("**")?.split_once(".**")?;
        Some(title)
    });
    let lib = fs::read_to_string("src/lib.rs").unwrap();
    let docs: Vec<&str> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("//!"))
        .collect();
    let mut faults = Vec::new();
    for title in titles {
        let at = docs.iter().position(|line| line.trim() == title);
        let at = at.unwrap_or_else(|| panic!("src/lib.rs does not tell of: {title}"));
        let steps: Vec<&&str> = docs[at + 1..]
            .iter()
            .take_while(|line| line.starts_with("   "))
            .collect();
        assert_eq!(steps.len(), LENGTH, "{title}: {steps:?}");
        faults.extend(steps.into_iter().flat_map(|step| missing(step)));
    }
    assert!(faults.is_empty(), "not there:\n{}", faults.join("\n"));
}

/// The functions of a step that are not in the file that it names.
fn missing(step: &str) -> Vec<String> {
    let (_, passed) = step
        .trim()
        .split_once("  ")
        .unwrap_or_else(|| panic!("no step: {step}"));
    let mut missing = Vec::new();
    for place in passed.trim().split(" > ") {
        let (file, functions) = place
            .split_once(' ')
            .unwrap_or_else(|| panic!("{place}: {step}"));
        let text = fs::read_to_string(format!("src/{file}")).unwrap_or_default();
        for name in functions.split(", ") {
            let starts = ["(", "<"].map(|after| format!("fn {name}{after}"));
            if !starts.iter().any(|start| text.contains(start)) {
                missing.push(format!("src/{file}: {name}"));
            }
        }
    }
    missing
}
