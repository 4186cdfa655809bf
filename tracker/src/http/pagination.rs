//! `startAt` and `maxResults`, as all lists understand them.

use super::{
    error::{Error, Result},
    extract::Params,
};

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many entries to leave out.
    pub start_at: u64,
    /// How many to answer at most.
    pub max_results: u64,
}

/// The limits of a list.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// `maxResults` when none is asked for.
    pub default: u64,
    /// The most that is ever answered; more is cut silently, as clients expect.
    pub most: u64,
}

impl Page {
    /// Reads the page from the query of a URL.
    pub fn from_params(params: &Params, limits: Limits) -> Result<Self> {
        let start_at = params.number("startAt")?;
        let max_results = params.number("maxResults")?;
        Self::new(start_at, max_results, limits)
    }

    /// The page for what was asked. A negative `startAt` is refused; a negative `maxResults` means as many as allowed.
    pub fn new(start_at: Option<i64>, max_results: Option<i64>, limits: Limits) -> Result<Self> {
        let start_at = u64::try_from(start_at.unwrap_or(0))
            .map_err(|_| Error::field("startAt", "The value of startAt may not be negative."))?;
        let max_results = match max_results {
            None => limits.default,
            Some(asked) => u64::try_from(asked).unwrap_or(limits.most).min(limits.most),
        };
        Ok(Self { start_at, max_results })
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, Page};

    #[test]
    fn pages_stay_within_limits() {
        let limits = Limits { default: 50, most: 1_000 };
        let page =
            |start, max| Page::new(start, max, limits).map(|page| (page.start_at, page.max_results)).ok();
        assert_eq!(page(None, None), Some((0, 50)));
        assert_eq!(page(Some(7), Some(0)), Some((7, 0)));
        assert_eq!(page(Some(7), Some(1_000)), Some((7, 1_000)));
        assert_eq!(page(None, Some(1_001)), Some((0, 1_000)));
        assert_eq!(page(None, Some(-1)), Some((0, 1_000)));
        assert_eq!(page(Some(i64::MAX), Some(i64::MAX)), Some((i64::MAX as u64, 1_000)));
        assert_eq!(page(Some(-1), None), None);
    }
}
