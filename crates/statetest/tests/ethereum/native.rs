//! State tests natively.

use crate::archive::Folder;
use crate::state::cases;
use crate::workers::for_each;
use lux_statetest::{Fork, execute_case};

#[test]
fn every_case_comes_to_the_reference() {
    let Some(folder) = Folder::open("GeneralStateTests") else { return };
    let files = folder.files();
    let results = for_each(&files, |file| {
        let cases = cases(file);
        assert!(!cases.is_empty(), "{} has no case of our forks", file.display());
        let cancun = cases.iter().filter(|case| case.fork == Fork::Cancun).count();
        let wrong = cases.iter().filter_map(|case| {
            let outcome = execute_case(case.prepared.input, &case.prepared.preimages);
            (outcome.as_ref() != Ok(&case.expected))
                .then(|| format!("{}: {outcome:?}, not {:?}", case.name, case.expected))
        });
        (cancun, cases.len() - cancun, wrong.collect::<Vec<_>>())
    });
    let (cancun, shanghai) = results.iter().fold((0, 0), |(c, s), result| (c + result.0, s + result.1));
    let wrong: Vec<_> = results.into_iter().flat_map(|result| result.2).collect();
    println!("{} files, {cancun} cases of Cancun, {shanghai} of Shanghai, {} wrong", files.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
