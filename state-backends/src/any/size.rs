//! Sizes in bytes, with units.

/// Units by power of 1024, the first one being none.
const UNITS: [&str; 5] = ["", "KiB", "MiB", "GiB", "TiB"];

/// What a size looks like, for errors.
pub(super) const SHAPE: &str = "a number of bytes, such as `4096`, `64KiB`, `256MiB` or `1GiB`";

/// The bytes in `text`: digits, then a unit or none. `None` for anything else, and above 64 bits.
pub(super) fn parse(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let power = UNITS.iter().position(|known| *known == unit)?;
    let factor = 1024_u64.checked_pow(u32::try_from(power).ok()?)?;
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_size_is_its_number_times_its_unit(number: u64, power in 0..UNITS.len()) {
            let text = format!("{number}{}", UNITS[power]);
            let bytes = u128::from(number) << (10 * power);
            prop_assert_eq!(parse(&text).map(u128::from), u64::try_from(bytes).ok().map(u128::from));
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = parse(&text);
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in [
            "", "MiB", "1 MiB", "-1", "+1", "1.5GiB", "1MB", "1mib", "1M", "1KiBs", "٣",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse("007KiB"), Some(7168));
    }
}
