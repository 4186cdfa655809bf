//! Kubernetes quantities, as far as comparing two of them needs: 1000m is 1, 1024Mi is 1Gi.

/// Whether two quantities are the same amount. Text that is no quantity is never the same.
pub fn same(left: &str, right: &str) -> bool {
    match (nano(left), nano(right)) {
        (Some(left), Some(right)) => left == right,
        _ => false,
    }
}

/// The amount in billionths, rounded up as the API server does.
fn nano(text: &str) -> Option<i128> {
    let number_ends = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(number_ends);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.len() > 9 || whole.len() > 15 {
        return None;
    }
    let scale: i128 = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let factor = factor_nano(unit)?;
    Some(digits.checked_mul(factor)?.div_euclid(scale) + i128::from(digits * factor % scale != 0))
}

fn factor_nano(unit: &str) -> Option<i128> {
    const ONE: i128 = 1_000_000_000;
    Some(match unit {
        "n" => 1,
        "u" => 1000,
        "m" => 1_000_000,
        "" => ONE,
        "k" => ONE * 1000,
        "M" => ONE * 1_000_000,
        "G" => ONE * ONE,
        "T" => ONE * ONE * 1000,
        "Ki" => ONE << 10,
        "Mi" => ONE << 20,
        "Gi" => ONE << 30,
        "Ti" => ONE << 40,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_amounts_are_the_same() {
        for (left, right) in [
            ("1Gi", "1024Mi"),
            ("0.5", "500m"),
            ("1000m", "1"),
            ("1.5Gi", "1536Mi"),
            ("1k", "1000"),
            ("0.1n", "1n"),
        ] {
            assert!(same(left, right), "{left} {right}");
        }
    }

    #[test]
    fn different_amounts_are_not() {
        for (left, right) in
            [("1Gi", "1G"), ("1", "2"), ("1", ""), ("", ""), ("big", "big"), ("1e3", "1000"), (".", "0")]
        {
            assert!(!same(left, right), "{left} {right}");
        }
    }
}
