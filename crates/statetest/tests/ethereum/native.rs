//! State tests natively.

use crate::archive::Folder;
use crate::state::{StateCase, cases};
use crate::workers::for_each;
use lux_statetest::Fork;

/// What is wrong, if anything: the reference is missed, or met where we differ from it on purpose.
fn check(case: &StateCase) -> (Fork, Option<String>) {
    let (outcome, expected) = (case.native(), case.expected);
    let wrong = (outcome == expected) == case.collides;
    (case.fork, wrong.then(|| format!("{}: {outcome:?}, the reference has {expected:?}", case.name)))
}

#[test]
fn every_case_comes_to_the_reference() {
    let Some(folder) = Folder::open("GeneralStateTests") else { return };
    let files = folder.files();
    let results = for_each(&files, |file| {
        let cases = cases(file);
        assert!(!cases.is_empty(), "{} has no case of a fork that we run", file.display());
        cases.iter().map(check).collect::<Vec<_>>()
    });
    let results: Vec<_> = results.into_iter().flatten().collect();
    let count = |fork| results.iter().filter(|(of, _)| *of == fork).count();
    println!("{} files: {} cases of Cancun, {} of Shanghai", files.len(), count(Fork::Cancun), count(Fork::Shanghai));
    let wrong: Vec<_> = results.iter().filter_map(|(_, wrong)| wrong.as_deref()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
