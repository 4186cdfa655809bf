//! Kinds of values that settings have, each checked where it is read.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    str::FromStr,
    time::Duration,
};

/// A time written with its unit: `500ms`, `30s`, `5m`, `1h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let unit_ms = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err("a time has a number and a unit: 500ms, 30s, 5m, 1h".to_owned()),
        };
        let number: u64 = number.parse().map_err(|_| "a time begins with a number: 30s".to_owned())?;
        let ms = number.checked_mul(unit_ms).filter(|ms| *ms <= 366 * 24 * 3_600_000);
        ms.map(|ms| Self(Duration::from_millis(ms))).ok_or_else(|| "a time is at most a year".to_owned())
    }
}

/// URL of a database. Its `Debug` form hides the password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(pub String);

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if known.iter().any(|scheme| text.starts_with(scheme)) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a database URL begins with sqlite://, postgres:// or postgresql://".to_owned())
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.split(':').next().unwrap_or_default();
        write!(f, "DatabaseUrl({scheme}:…)")
    }
}

/// Absolute `http` or `https` URL without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(pub String);

impl FromStr for BaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = url::Url::parse(text).map_err(|error| error.to_string())?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err("a base URL begins with http:// or https:// and a host".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("a base URL has no '?' and no '#'".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a base URL has no user or password".to_owned());
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

/// Empty, or a path that begins with a slash and doesn't end with one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextPath(pub String);

impl FromStr for ContextPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let path = text.trim_end_matches('/');
        let is_part = |part: &str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~'))
        };
        match path.strip_prefix('/') {
            None if path.is_empty() => Ok(Self(String::new())),
            Some(parts) if parts.split('/').all(is_part) => Ok(Self(path.to_owned())),
            _ => Err("a context path looks like /tracker".to_owned()),
        }
    }
}

/// A network such as `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    address: IpAddr,
    bits: u8,
}

impl Cidr {
    /// Whether `address` lies in this network. An IPv4 address in IPv6 form counts as the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        match (self.address, address) {
            (IpAddr::V4(net), IpAddr::V4(one)) => same_prefix(v4_bits(net), v4_bits(one), self.bits),
            (IpAddr::V6(net), IpAddr::V6(one)) => same_prefix(net.to_bits(), one.to_bits(), self.bits),
            _ => false,
        }
    }
}

impl FromStr for Cidr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| "a network looks like 10.0.0.0/8".to_owned())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits =
            bits.map_or(Ok(most), str::parse).map_err(|_| "a network looks like 10.0.0.0/8".to_owned())?;
        if bits > most {
            return Err(format!("a network of this kind has at most {most} bits"));
        }
        Ok(Self { address, bits })
    }
}

fn v4_bits(address: Ipv4Addr) -> u128 {
    u128::from(address.to_bits()) << 96
}

fn same_prefix(left: u128, right: u128, bits: u8) -> bool {
    bits == 0 || (left ^ right) >> (128 - u32::from(bits)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_carry_their_unit() {
        for (text, ms) in [("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("1h", 3_600_000), ("0s", 0)] {
            assert_eq!(text.parse(), Ok(Span(Duration::from_millis(ms))), "{text}");
        }
        for bad in ["", "30", "s", "-1s", "1.5s", "30 s", "1d", "99999999999999999999s", "9000h", "30ß"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }

    #[test]
    fn networks_hold_their_addresses() {
        let table = [
            ("10.0.0.0/8", "10.255.1.2", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("192.168.1.7", "192.168.1.7", true),
            ("192.168.1.7", "192.168.1.8", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "fe80::1", false),
        ];
        for (network, address, inside) in table {
            let network: Cidr = network.parse().expect("a network");
            assert_eq!(
                network.contains(address.parse().expect("an address")),
                inside,
                "{network:?} {address}"
            );
        }
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/x", "host"] {
            assert!(bad.parse::<Cidr>().is_err(), "{bad}");
        }
    }

    #[test]
    fn urls_and_paths_are_checked() {
        assert_eq!("https://t.example/x/".parse(), Ok(BaseUrl("https://t.example/x".to_owned())));
        for bad in ["t.example", "ftp://t.example", "http://t.example/?a", "http://u:p@t.example", "http://"]
        {
            assert!(bad.parse::<BaseUrl>().is_err(), "{bad}");
        }
        assert_eq!("/a/b/".parse(), Ok(ContextPath("/a/b".to_owned())));
        assert_eq!("/".parse(), Ok(ContextPath(String::new())));
        for bad in ["a", "//a", "/a//b", "/a b", "/{x}", "/ä"] {
            assert!(bad.parse::<ContextPath>().is_err(), "{bad}");
        }
        assert!("mysql://x".parse::<DatabaseUrl>().is_err());
        let url: DatabaseUrl = "postgres://u:secret@h/d".parse().expect("a URL");
        assert!(!format!("{url:?}").contains("secret"));
    }
}
