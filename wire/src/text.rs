//! Texts that are put together of others. What formats them in the standard library is 2 kB of what a page loads before its first call.

use std::fmt;

/// Writes these texts, one after another.
///
/// # Errors
/// As [`fmt::Write::write_str`].
pub fn write_all(f: &mut fmt::Formatter<'_>, parts: &[&str]) -> fmt::Result {
    parts.iter().try_for_each(|part| f.write_str(part))
}

/// A number in small hexadecimal digits: with zeros before it, at least so many.
#[must_use]
pub fn hexadecimal(number: u64, digits: u32) -> String {
    let needed = (u64::BITS - number.leading_zeros()).div_ceil(4);
    let digit = |place: u32| char::from_digit((number >> (4 * place)) as u32 & 0xf, 16);
    (0..digits.max(needed).min(u64::BITS / 4)).rev().filter_map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn digits_are_those_of_the_standard_library(number: u64) {
            prop_assert_eq!(hexadecimal(number, 16), format!("{number:016x}"));
            prop_assert_eq!(hexadecimal(number >> 44, 4), format!("{:04x}", number >> 44));
            prop_assert_eq!(hexadecimal(number, 0), format!("{number:x}"));
        }
    }
}
