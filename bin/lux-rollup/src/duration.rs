//! Durations and amounts as people write them.

use alloy_primitives::U256;
use alloy_primitives::utils::parse_ether;

/// Seconds from `90`, `90s`, `15m`, `12h` or `7d`.
pub fn parse_seconds(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let factor = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        other => return Err(format!("unknown unit {other:?} in {text:?}; write 90s, 15m, 12h or 7d")),
    };
    let number: u64 = digits.parse().map_err(|_| format!("{text:?} is not a duration; write 90s, 15m, 12h or 7d"))?;
    number.checked_mul(factor).ok_or_else(|| format!("{text:?} is too long"))
}

/// wei from an amount in whole coins, `1.5`.
pub fn parse_coins(text: &str) -> Result<U256, String> {
    if text.starts_with('-') {
        return Err(format!("{text:?} is negative"));
    }
    parse_ether(text).map_err(|_| format!("{text:?} is not an amount of whole coins like 1.5"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(parse_seconds("90"), Ok(90));
        assert_eq!(parse_seconds("7d"), Ok(604_800));
        assert!(parse_seconds("7w").is_err());
        assert!(parse_seconds("d").is_err());
        assert!(parse_seconds("99999999999999999d").is_err());
    }

    #[test]
    fn amounts() {
        assert_eq!(parse_coins("1.5"), Ok(U256::from(1_500_000_000_000_000_000u64)));
        assert!(parse_coins("-1").is_err());
        assert!(parse_coins("lots").is_err());
    }
}
