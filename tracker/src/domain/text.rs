//! Rules for texts that hold for every entity: what can be stored, and how names are compared.

/// Why a text can't be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Longer than the field allows; holds the limit in characters.
    TooLong(usize),
    /// Contains U+0000, which not every database can hold.
    Nul,
}

impl std::fmt::Display for Refusal {
    /// The end of a sentence that begins with the field's name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLong(max) => write!(f, "is longer than {max} characters"),
            Self::Nul => f.write_str("contains a NUL character"),
        }
    }
}

/// Whether `text` may be stored in a field of at most `max` characters.
pub fn check(text: &str, max: usize) -> Result<(), Refusal> {
    if text.contains('\0') {
        return Err(Refusal::Nul);
    }
    // A character takes one to four bytes: count only where it can matter.
    if text.len() > max && text.chars().count() > max {
        return Err(Refusal::TooLong(max));
    }
    Ok(())
}

/// The form in which names are compared without regard to case. Computed here because databases fold differently.
pub fn fold(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{Refusal, check, fold};

    #[test]
    fn length_is_counted_in_characters_not_bytes() {
        assert_eq!(check("äöü", 3), Ok(()));
        assert_eq!(check("äöüß", 3), Err(Refusal::TooLong(3)));
        assert_eq!(check("", 0), Ok(()));
    }

    #[test]
    fn nul_is_refused() {
        assert_eq!(check("a\0b", 10), Err(Refusal::Nul));
    }

    #[test]
    fn folding_goes_beyond_ascii() {
        assert_eq!(fold("ÄRGER"), fold("ärger"));
    }
}
