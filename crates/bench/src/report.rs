//! One table of figures, each beside what it is measured against.

/// Collected rows.
#[derive(Default)]
pub struct Report(Vec<String>);

impl Report {
    fn row(&mut self, name: &str, value: String, against: String) {
        println!("{name:<62} {value:>14}  {against}");
        self.0.push(name.to_owned());
    }

    /// A rate in 1/s, where more is better.
    pub fn rate(&mut self, name: &str, value: f64, target: Option<f64>) {
        let against =
            target.map_or(String::new(), |target| format!("{:.1}x the target of {target:.0}/s", value / target));
        self.row(name, format!("{value:.0}/s"), against);
    }

    /// A size, where less is better.
    pub fn size(&mut self, name: &str, value: f64, target: Option<f64>) {
        let against =
            target.map_or(String::new(), |target| format!("{:.2} of the limit of {target:.0}", value / target));
        self.row(name, format!("{value:.1}"), against);
    }

    /// Ours beside a peer's, in one run.
    pub fn versus(&mut self, name: &str, ours: f64, peer: &str, theirs: f64) {
        self.row(name, format!("{ours:.0}/s"), format!("{:.1}x {peer} ({theirs:.0}/s)", ours / theirs));
    }
}
