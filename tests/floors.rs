//! The floors of the house: who may use whom, read off the sources.

#[test]
fn sources_are_there() {
    assert!(std::path::Path::new("src/protocol/letter.rs").exists());
}
