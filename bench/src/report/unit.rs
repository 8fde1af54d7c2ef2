//! `Unit`: what a number is of, and how it is written for people.
//!
//! Three significant digits or the last whole one; the unit stands in the text, so that no column has to be guessed.

use serde::{Deserialize, Serialize};

/// What a value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    Nanoseconds,
    Microseconds,
    Seconds,
    Bytes,
    BytesPerSecond,
    /// Of anything: messages, players, hashes.
    Count,
    /// How often in a second.
    PerSecond,
    /// 0 to 1, or more where several cores are meant; written as per cent.
    Share,
    /// A ratio, written as `1.04x`.
    Times,
}

/// A power of a unit with its name: values are divided by `factor`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) factor: f64,
    pub(crate) name: &'static str,
}

const TIMES: [Scale; 4] = [
    Scale { factor: 1.0, name: "ns" },
    Scale { factor: 1e3, name: "us" },
    Scale { factor: 1e6, name: "ms" },
    Scale { factor: 1e9, name: "s" },
];
const BYTES: [Scale; 4] = [
    Scale { factor: 1.0, name: "B" },
    Scale { factor: 1e3, name: "kB" },
    Scale { factor: 1e6, name: "MB" },
    Scale { factor: 1e9, name: "GB" },
];
const RATES: [Scale; 4] = [
    Scale { factor: 1.0, name: "B/s" },
    Scale { factor: 1e3, name: "kB/s" },
    Scale { factor: 1e6, name: "MB/s" },
    Scale { factor: 1e9, name: "GB/s" },
];

/// Up to this many bytes are written out: protocol sizes are compared to the byte.
const WHOLE_BYTES_MAX: f64 = 100_000.0;

impl Unit {
    /// The scale in which `value` reads well, and others of its row with it.
    pub(crate) fn scale(self, value: f64) -> Scale {
        let size = value.abs();
        let largest = |scales: &[Scale; 4], unit_ns: f64| {
            // What three digits round up to 1,000 is one of the next.
            let fits = |scale: &&Scale| size * unit_ns >= scale.factor * 0.9995;
            let fits = scales.iter().rev().find(fits).unwrap_or(&scales[0]);
            Scale { factor: fits.factor / unit_ns, name: fits.name }
        };
        match self {
            Self::Nanoseconds => largest(&TIMES, 1.0),
            Self::Microseconds => largest(&TIMES, 1e3),
            Self::Seconds => largest(&TIMES, 1e9),
            Self::Bytes if size < WHOLE_BYTES_MAX => BYTES[0],
            Self::Bytes => largest(&BYTES, 1.0),
            Self::BytesPerSecond => largest(&RATES, 1.0),
            Self::Count => Scale { factor: 1.0, name: "" },
            Self::PerSecond => Scale { factor: 1.0, name: "/s" },
            Self::Share => Scale { factor: 0.01, name: "%" },
            Self::Times => Scale { factor: 1.0, name: "x" },
        }
    }

    /// Value and unit, such as `1.42 ms`, `317 B`, `12,345`, `3.1 %`, `1.04x`.
    pub(crate) fn text(self, value: f64) -> String {
        let scale = self.scale(value);
        let number = self.number(value, scale);
        match scale.name {
            "" | "x" => number + scale.name,
            name => format!("{number} {name}"),
        }
    }

    /// The number alone in a given scale.
    pub(crate) fn number(self, value: f64, scale: Scale) -> String {
        let scaled = value / scale.factor;
        match self {
            Self::Share => format!("{scaled:.1}"),
            Self::Times => format!("{scaled:.2}"),
            // A whole one stays whole.
            Self::Count | Self::Bytes if scaled.fract() == 0.0 => thousands(&format!("{scaled:.0}")),
            _ => digits(scaled),
        }
    }
}

/// Three significant digits, and all digits before the point: `0.0421`, `4.21`, `42.1`, `4,210`.
pub(crate) fn digits(value: f64) -> String {
    let size = value.abs();
    let decimals = match size {
        _ if size >= 99.95 || size == 0.0 => 0,
        _ if size >= 9.995 => 1,
        _ if size >= 0.9995 => 2,
        _ if size >= 0.09995 => 3,
        _ => 4,
    };
    thousands(&format!("{value:.decimals$}"))
}

/// Commas between the thousands of a decimal number.
fn thousands(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let (sign, whole) = whole.split_at(usize::from(whole.starts_with('-')));
    let mut text = sign.to_owned();
    for (at, digit) in whole.char_indices() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_written_with_three_digits_and_its_unit() {
        let table = [
            (Unit::Nanoseconds, 0.0, "0 ns"),
            (Unit::Nanoseconds, 999.0, "999 ns"),
            (Unit::Nanoseconds, 999_400.0, "999 us"),
            (Unit::Nanoseconds, 999_600.0, "1.00 ms"),
            (Unit::Nanoseconds, 1_420_000.0, "1.42 ms"),
            (Unit::Nanoseconds, 16_700_000_000.0, "16.7 s"),
            (Unit::Microseconds, 3.724, "3.72 us"),
            (Unit::Microseconds, 0.5, "500 ns"),
            (Unit::Seconds, 0.00025, "250 us"),
            (Unit::Seconds, 90.0, "90.0 s"),
            (Unit::Bytes, 16_176.0, "16,176 B"),
            (Unit::Bytes, 317.25, "317 B"),
            (Unit::Bytes, 1_234_567.0, "1.23 MB"),
            (Unit::BytesPerSecond, 12_345.0, "12.3 kB/s"),
            (Unit::Count, 1_234_567.0, "1,234,567"),
            (Unit::Count, 0.5, "0.500"),
            (Unit::PerSecond, 59.98, "60.0 /s"),
            (Unit::Share, 0.0312, "3.1 %"),
            (Unit::Times, 1.0449, "1.04x"),
            (Unit::Count, -1000.0, "-1,000"),
        ];
        for (unit, value, text) in table {
            assert_eq!(unit.text(value), text, "{unit:?} {value}");
        }
    }

    #[test]
    fn a_row_keeps_one_scale() {
        let scale = Unit::Nanoseconds.scale(3_000_000.0);
        assert_eq!(Unit::Nanoseconds.number(40_000.0, scale), "0.0400");
        assert_eq!(scale.name, "ms");
    }
}
