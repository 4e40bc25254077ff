//! Printing for people or machines.

use serde_json::Value;
use std::io::IsTerminal;

/// Prints `value` as one line of JSON.
pub fn print_json(value: &Value) {
    println!("{value}");
}

/// Prints `value` as aligned `name  value` lines.
pub fn print_fields(value: &Value) {
    let Some(object) = value.as_object() else {
        println!("{value}");
        return;
    };
    let width = object.keys().map(String::len).max().unwrap_or_default();
    for (name, value) in object {
        println!("{name:width$}  {}", plain(value));
    }
}

/// A JSON value as a person reads it: quantities in decimal, strings without quotes.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text
            .strip_prefix("0x")
            .filter(|hex| hex.len() <= 16)
            .and_then(|hex| u64::from_str_radix(hex, 16).ok())
            .map_or_else(|| text.clone(), |number| number.to_string()),
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

    pub fn finish(&self) {
        if self.visible {
            eprint!("\r\x1b[2K");
        }
    }
}
