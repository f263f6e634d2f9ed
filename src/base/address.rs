//! Addresses of the internet protocols and ranges of them, and when a host is under another.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Reads an address: four decimal numbers joined by dots, or version 6 without brackets and without a zone.
///
/// A version 6 address that stands for one of version 4 (`::ffff:10.0.0.1`) is that one.
pub(crate) fn read_address(text: &str) -> Option<IpAddr> {
    // The standard library takes neither leading zeros, nor hexadecimal, nor fewer than four numbers.
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// Whether a host is another one or a name below it. Both are in the canonical form of a host.
///
/// `a.example.com` and `example.com` are under `example.com`, `evilexample.com` is not. Nothing but itself is under
/// an address.
pub(crate) fn is_under(host: &str, suffix: &str) -> bool {
    let Some(before) = host.strip_suffix(suffix) else { return false };
    before.is_empty() || !suffix.is_empty() && before.ends_with('.') && read_address(host).is_none()
}

/// Whether a text is the canonical form of a host: a name in lower case without a dot at its end, or an address as
/// it is printed.
pub(crate) fn is_canonical_host(text: &str) -> bool {
    match read_address(text) {
        Some(address) => Printed::address(address).as_str() == text,
        None => is_canonical_name(text),
    }
}

/// Bytes in a host, and in one label of it.
pub(crate) const MAX_HOST_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

fn is_canonical_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.bytes().any(|byte| byte.is_ascii_uppercase()) && label_length(label) == label.len()
    };
    text.len() <= MAX_HOST_BYTES
        && text.split('.').all(|label| is_label(label) && !label.is_empty())
        && text.rsplit('.').next().is_some_and(is_last_label)
}

/// How much of the beginning of a text can be a label of a name: letters, digits, `_`, and `-` inside, at most 63.
pub(crate) fn label_length(text: &str) -> usize {
    let taken = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let length = text.bytes().take(MAX_LABEL_BYTES).take_while(|byte| taken(*byte)).count();
    let label = text.get(..length).unwrap_or_default();
    if label.starts_with('-') { 0 } else { label.trim_end_matches('-').len() }
}

/// Whether a label may stand last in a name. What some programs read as a number may not.
pub(crate) fn is_last_label(label: &str) -> bool {
    let is_hexadecimal = label
        .strip_prefix("0x")
        .or_else(|| label.strip_prefix("0X"))
        .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    !is_hexadecimal && label.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// A host as text, without allocating.
#[derive(Clone, Debug)]
pub(crate) struct Printed {
    bytes: [u8; MAX_HOST_BYTES],
    length: usize,
}

impl Default for Printed {
    fn default() -> Self {
        Self { bytes: [0; MAX_HOST_BYTES], length: 0 }
    }
}

impl Printed {
    /// An address in its one form.
    pub(crate) fn address(address: IpAddr) -> Self {
        let mut printed = Self::default();
        // The buffer holds every address.
        let _ = fmt::write(&mut printed, format_args!("{address}"));
        printed
    }

    /// A name in lower case; nothing where it is too long.
    pub(crate) fn name(name: &str) -> Self {
        let mut printed = Self::default();
        let _ = fmt::Write::write_str(&mut printed, name);
        printed.bytes.make_ascii_lowercase();
        printed
    }

    pub(crate) fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.length).unwrap_or_default();
        str::from_utf8(bytes).unwrap_or_default()
    }
}

impl fmt::Write for Printed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// Where an address or a name leads, as far as it says so itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostClass {
    /// A name that the public name service can answer.
    Name,
    /// A name that only the own machine or network answers.
    Local,
    Public,
    Private,
    Loopback,
    LinkLocal,
    /// Between a provider and its customers.
    Shared,
    Multicast,
    Unspecified,
    /// An address of version 6 that is translated into one of version 4, which can be any.
    Translated,
    /// For documentation, for tests, for platforms, for later, or not given out.
    Reserved,
}

impl HostClass {
    pub(crate) const ALL: [Self; 11] = [
        Self::Name,
        Self::Local,
        Self::Public,
        Self::Private,
        Self::Loopback,
        Self::LinkLocal,
        Self::Shared,
        Self::Multicast,
        Self::Unspecified,
        Self::Translated,
        Self::Reserved,
    ];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Local => "local",
            Self::Public => "public",
            Self::Private => "private",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local",
            Self::Shared => "shared",
            Self::Multicast => "multicast",
            Self::Unspecified => "unspecified",
            Self::Translated => "translated",
            Self::Reserved => "reserved",
        }
    }

    /// Of a name in its canonical form.
    pub(crate) fn of_name(name: &str) -> Self {
        let is_local = match name.rsplit('.').next() {
            Some(
                "alt" | "corp" | "home" | "internal" | "intranet" | "invalid" | "lan" | "local"
                | "localdomain" | "localhost" | "onion" | "private" | "svc" | "test",
            ) => true,
            Some("arpa") => is_under(name, "home.arpa"),
            _ => !name.contains('.'),
        };
        if is_local { Self::Local } else { Self::Name }
    }

    /// Of an address.
    pub(crate) fn of_address(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => Self::of_v6(address),
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        match address.octets() {
            [0, ..] => Self::Unspecified,
            [127, ..] => Self::Loopback,
            [10, ..] | [192, 168, ..] => Self::Private,
            [172, second, ..] if second & 0xf0 == 16 => Self::Private,
            [169, 254, ..] => Self::LinkLocal,
            [100, second, ..] if second & 0xc0 == 64 => Self::Shared,
            [224..=239, ..] => Self::Multicast,
            // Of a cloud platform: every machine there reaches its own.
            [168, 63, 129, 16]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [240..=255, ..] => Self::Reserved,
            _ => Self::Public,
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        match address.segments() {
            [0, 0, 0, 0, 0, 0, 0, 0] => Self::Unspecified,
            [0, 0, 0, 0, 0, 0, 0, 1] => Self::Loopback,
            [0xff00..=0xffff, ..] => Self::Multicast,
            [0xfe80..=0xfebf, ..] => Self::LinkLocal,
            [0xfc00..=0xfdff, ..] => Self::Private,
            // Those that hold one of version 4: by prefix, and ISATAP behind any.
            [0, ..] | [0x64, 0xff9b, ..] | [0x2001, 0, ..] | [0x2002, ..] => Self::Translated,
            [_, _, _, _, 0 | 0x200, 0x5efe, ..] => Self::Translated,
            [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Self::Reserved,
            [0x2000..=0x3fff, ..] => Self::Public,
            _ => Self::Reserved,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_listed() {
        // A new class has to say here which one stands before it.
        let next = |class: &HostClass| match class {
            HostClass::Name => Some(HostClass::Local),
            HostClass::Local => Some(HostClass::Public),
            HostClass::Public => Some(HostClass::Private),
            HostClass::Private => Some(HostClass::Loopback),
            HostClass::Loopback => Some(HostClass::LinkLocal),
            HostClass::LinkLocal => Some(HostClass::Shared),
            HostClass::Shared => Some(HostClass::Multicast),
            HostClass::Multicast => Some(HostClass::Unspecified),
            HostClass::Unspecified => Some(HostClass::Translated),
            HostClass::Translated => Some(HostClass::Reserved),
            HostClass::Reserved => None,
        };
        let all: Vec<HostClass> = std::iter::successors(Some(HostClass::Name), next).collect();
        assert_eq!(all, HostClass::ALL);
    }

    #[test]
    fn a_host_is_under_itself_and_under_what_its_labels_end_with() {
        for (host, suffix, under) in [
            ("example.com", "example.com", true),
            ("a.example.com", "example.com", true),
            ("b.a.example.com", "example.com", true),
            ("evilexample.com", "example.com", false),
            ("example.com.evil.example", "example.com", false),
            ("com", "example.com", false),
            ("example.com", "com", true),
            ("example.com", "", false),
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "0.0.1", false),
            ("10.0.0.1", "1", false),
            ("::1", "1", false),
        ] {
            assert_eq!(is_under(host, suffix), under, "{host} under {suffix}");
        }
    }

    #[test]
    fn only_the_one_form_of_a_host_is_canonical() {
        for host in [
            "example.com",
            "localhost",
            "a_b.example",
            "10.0.0.1",
            "::1",
            "xn--bcher-kva.example",
            "a1",
        ] {
            assert!(is_canonical_host(host), "{host}");
        }
        for host in [
            "",
            ".",
            "Example.com",
            "example.com.",
            ".example.com",
            "a..b",
            "-a.example",
            "a-.example",
            "1.2.3",
            "0x7f.1",
            "0x7f",
            "010.0.0.1",
            "::ffff:10.0.0.1",
            "0:0:0:0:0:0:0:1",
            "[::1]",
            "*.example.com",
            "é.example",
            "a b",
            "a/b",
            "a:1",
            "fe80::1%eth0",
            "::FF",
        ] {
            assert!(!is_canonical_host(host), "{host}");
        }
        assert!(!is_canonical_host(&"a".repeat(64)) && is_canonical_host(&"a".repeat(63)));
        assert!(
            !is_canonical_host(&"a.".repeat(127)[..])
                && !is_canonical_host(&format!("{}b", "a.".repeat(127)))
        );
    }

    #[test]
    fn only_what_everyone_reaches_is_public() {
        for (address, class) in [
            ("1.1.1.1", HostClass::Public),
            ("172.15.0.1", HostClass::Public),
            ("172.32.0.1", HostClass::Public),
            ("100.63.0.1", HostClass::Public),
            ("100.128.0.1", HostClass::Public),
            ("2606:4700::1111", HostClass::Public),
            ("2001:4860:4860::8888", HostClass::Public),
            ("0.0.0.0", HostClass::Unspecified),
            ("0.1.2.3", HostClass::Unspecified),
            ("::", HostClass::Unspecified),
            ("127.8.9.1", HostClass::Loopback),
            ("::1", HostClass::Loopback),
            ("::ffff:127.0.0.1", HostClass::Loopback),
            ("10.0.0.5", HostClass::Private),
            ("172.16.0.1", HostClass::Private),
            ("172.31.255.255", HostClass::Private),
            ("192.168.1.1", HostClass::Private),
            ("fd00:ec2::254", HostClass::Private),
            ("169.254.169.254", HostClass::LinkLocal),
            ("fe80::1", HostClass::LinkLocal),
            ("febf::1", HostClass::LinkLocal),
            ("100.100.100.200", HostClass::Shared),
            ("224.0.0.1", HostClass::Multicast),
            ("ff02::1", HostClass::Multicast),
            ("64:ff9b::a9fe:a9fe", HostClass::Translated),
            ("64:ff9b:1::1", HostClass::Translated),
            ("2002:7f00:1::", HostClass::Translated),
            ("2001:0:1::1", HostClass::Translated),
            ("::127.0.0.1", HostClass::Translated),
            ("::ffff:0:127.0.0.1", HostClass::Translated),
            ("2a00:1:2:3:0:5efe:7f00:1", HostClass::Translated),
            ("168.63.129.16", HostClass::Reserved),
            ("192.0.0.192", HostClass::Reserved),
            ("192.0.2.1", HostClass::Reserved),
            ("198.18.0.1", HostClass::Reserved),
            ("203.0.113.1", HostClass::Reserved),
            ("255.255.255.255", HostClass::Reserved),
            ("240.0.0.1", HostClass::Reserved),
            ("2001:db8::1", HostClass::Reserved),
            ("fec0::1", HostClass::Reserved),
            ("100::1", HostClass::Reserved),
            ("4000::1", HostClass::Reserved),
        ] {
            assert_eq!(HostClass::of_address(address.parse().unwrap()), class, "{address}");
        }
        for name in [
            "printer",
            "localhost",
            "a.localhost",
            "nas.local",
            "metadata.google.internal",
            "x.home.arpa",
        ] {
            assert_eq!(HostClass::of_name(name), HostClass::Local, "{name}");
        }
        for name in ["example.com", "notlocal.example", "internal.example.com", "a.notlocal"] {
            assert_eq!(HostClass::of_name(name), HostClass::Name, "{name}");
        }
    }
}
