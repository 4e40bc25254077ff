//! Workers beyond those that a rule needs.

use super::{Rule, RuleError};

impl Rule {
    /// Whether the rule keeps its promise with so many workers, and still does when up to `invalid` of them contribute what is no
    /// update. What is invalid takes no part: without this slack, one such contribution ends the round.
    pub fn check_with_invalid(&self, workers: usize, invalid: usize) -> Result<(), RuleError> {
        self.check(workers)?;
        self.check(workers.saturating_sub(invalid))
    }
}
