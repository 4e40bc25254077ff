//! Printing for people or machines.

use alloy_primitives::Address;
use serde_json::Value;
use std::future::Future;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// How this program was called, for commands that a person can paste.
pub fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "lux-rollup".into())
}

/// What prints results: as one line of JSON, or for people.
pub fn printer(json: bool) -> fn(&Value) {
    if json { print_json } else { print_fields }
}

/// Prints `value` as one line of JSON.
pub fn print_json(value: &Value) {
    println!("{value}");
}

/// Prints `value` as aligned `name  value` lines.
pub fn print_fields(value: &Value) {
    fields(value).iter().for_each(|line| println!("{line}"));
}

/// `value` as aligned `name  value` lines.
pub fn fields(value: &Value) -> Vec<String> {
    let Some(object) = value.as_object() else { return vec![value.to_string()] };
    let width = object.keys().map(String::len).max().unwrap_or_default();
    object.iter().map(|(name, value)| format!("{name:width$}  {}", plain(value))).collect()
}

/// A JSON value as a person reads it: quantities in decimal, addresses with their checksum, strings without quotes.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let number = text.strip_prefix("0x").filter(|hex| hex.len() <= 16);
            let number = number.and_then(|hex| u64::from_str_radix(hex, 16).ok()).map(|number| number.to_string());
            let address = || text.parse().ok().filter(|_| text.len() == 42).map(|address: Address| address.to_string());
            number.or_else(address).unwrap_or_else(|| text.clone())
        }
        Value::Null => "-".into(),
        other => other.to_string(),
    }
}

/// Progress on standard error, only where a person watches.
pub struct Progress {
    visible: bool,
}

impl Progress {
    pub fn new(json: bool) -> Self {
        Self { visible: !json && std::io::stderr().is_terminal() }
    }

    pub fn step(&self, what: &str, done: usize, of: usize) {
        if self.visible {
            eprint!("\r\x1b[2K  [{done}/{of}] {what}");
        }
    }

    /// Shows what is waited for, and since when.
    pub async fn while_waiting<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let mut ticks = tokio::time::interval(Duration::from_secs(1));
        tokio::pin!(work);
        loop {
            tokio::select! {
                result = &mut work => {
                    self.finish();
                    return result;
                }
                _ = ticks.tick() => self.note(&format!("{what}, {} s", started.elapsed().as_secs())),
            }
        }
    }

    /// Replaces what is shown.
    pub fn note(&self, text: &str) {
        if self.visible {
            eprint!("\r\x1b[2K  {text}");
        }
    }

    pub fn finish(&self) {
        if self.visible {
            eprint!("\r\x1b[2K");
        }
    }
}
