//! Files that import one another in a circle: from each of them every other can be reached.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::house::{Edge, House};
use crate::still::check;

/// `SHOW=1 cargo test --test floors circles -- --nocapture` shows the circles that are still there, edge by edge.
#[test]
fn no_files_import_one_another_in_a_circle() {
    let edges = House::read(&crate::sources("src")).edges();
    let circles = circles(&edges);
    if std::env::var_os("SHOW").is_some() {
        println!("{}", shown(&circles, &edges));
    }
    let files = circles.iter().flatten();
    check(
        "circle",
        files.map(|file| file.display().to_string()),
        || shown(&circles, &edges),
    );
}

/// The circles, each with its files.
fn circles(edges: &BTreeSet<Edge>) -> Vec<BTreeSet<PathBuf>> {
    let mut next: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
    for edge in edges {
        next.entry(&edge.from).or_default().insert(&edge.to);
    }
    let reach: BTreeMap<&Path, BTreeSet<&Path>> = next
        .keys()
        .map(|file| (*file, reached(file, &next)))
        .collect();
    let mut circles: Vec<BTreeSet<PathBuf>> = Vec::new();
    for (file, reached) in &reach {
        let back = |other: &&&Path| reach.get(**other).is_some_and(|these| these.contains(file));
        let circle: BTreeSet<PathBuf> = reached
            .iter()
            .filter(back)
            .map(|other| other.to_path_buf())
            .collect();
        if !circle.is_empty() && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}

/// All that can be reached from a file, itself only by a circle.
fn reached<'a>(
    file: &'a Path,
    next: &BTreeMap<&'a Path, BTreeSet<&'a Path>>,
) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut open = vec![file];
    while let Some(file) = open.pop() {
        for other in next.get(file).into_iter().flatten() {
            if reached.insert(*other) {
                open.push(other);
            }
        }
    }
    reached
}

fn shown(circles: &[BTreeSet<PathBuf>], edges: &BTreeSet<Edge>) -> String {
    let mut text = String::new();
    for circle in circles {
        writeln!(text, "a circle of {} files:", circle.len()).unwrap();
        let inside = |edge: &&Edge| circle.contains(&edge.from) && circle.contains(&edge.to);
        let mut names: BTreeMap<(&Path, &Path), Vec<&str>> = BTreeMap::new();
        for edge in edges.iter().filter(inside) {
            names
                .entry((&edge.from, &edge.to))
                .or_default()
                .push(&edge.named);
        }
        for ((from, to), names) in names {
            let (from, to) = (from.display(), to.display());
            writeln!(text, "  {from} -> {to}: {}", names.join(", ")).unwrap();
        }
    }
    text
}

#[test]
fn a_circle_is_found() {
    let edge = |from: &str, to: &str| Edge {
        from: from.into(),
        to: to.into(),
        named: String::new(),
    };
    let edges = [
        ("a", "b"),
        ("b", "c"),
        ("c", "a"),
        ("c", "d"),
        ("e", "d"),
        ("d", "f"),
    ];
    let edges = edges.map(|(from, to)| edge(from, to)).into();
    let expected: BTreeSet<PathBuf> = ["a", "b", "c"].map(PathBuf::from).into();
    assert_eq!(circles(&edges), [expected]);
}
