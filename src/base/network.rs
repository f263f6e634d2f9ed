//! Ranges of addresses.

use std::fmt;
use std::net::IpAddr;

use crate::base::address::read_address;

/// A range of addresses: those that share a number of leading bits.
///
/// A range of version 6 holds addresses of version 6 only, `::/0` as well; `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AddressRange {
    base: IpAddr,
    bits: u8,
}

/// What is wrong with the text of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RangeFault {
    Address,
    Bits,
    /// Bits behind the leading ones are set in the address.
    Host,
    /// It holds every address that stands for one of version 4, and others.
    Mapped,
}

impl fmt::Display for RangeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "the part before `/` is not an address; write `10.0.0.0/8` or `fd00::/8`",
            Self::Bits => "the part behind `/` is not a number of bits; write 0 to 32, or 0 to 128 for version 6",
            Self::Host => "bits behind the first ones are set; write the first address of the range",
            Self::Mapped => "the range mixes addresses of version 4 and 6; write one range for each",
        })
    }
}

/// The first address of version 6 that stands for one of version 4, and how many of its bits all of them share.
const MAPPED: u128 = 0xffff_0000_0000;
const MAPPED_BITS: u8 = 96;

impl AddressRange {
    /// Reads `10.0.0.0/8`, `fd00::/8`, or a single address.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub(crate) fn read(text: &str) -> Result<Self, RangeFault> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(read_bits(bits).ok_or(RangeFault::Bits)?)),
            None => (text, None),
        };
        let written = address.parse::<IpAddr>().map_err(|_| RangeFault::Address)?;
        let most = if written.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(RangeFault::Bits);
        }
        let range = Self { base: written, bits };
        if range.rest() != 0 {
            return Err(RangeFault::Host);
        }
        match (written, written.to_canonical()) {
            (IpAddr::V6(_), base @ IpAddr::V4(_)) => match bits.checked_sub(MAPPED_BITS) {
                Some(bits) => Ok(Self { base, bits }),
                None => Err(RangeFault::Mapped),
            },
            (IpAddr::V6(_), _) if bits > 0 && range.holds_bits(MAPPED) => Err(RangeFault::Mapped),
            _ => Ok(range),
        }
    }

    /// Whether the address lies in it. An address that stands for one of version 4 is that one.
    pub(crate) fn contains(self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.bits);
                (base.to_bits() ^ address.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            (IpAddr::V6(_), IpAddr::V6(address)) => self.holds_bits(address.to_bits()),
            _ => false,
        }
    }

    /// Whether the host, in its canonical form, is an address that lies in it. A name never does.
    pub(crate) fn contains_host(self, host: &str) -> bool {
        read_address(host).is_some_and(|address| self.contains(address))
    }

    fn holds_bits(self, address: u128) -> bool {
        let IpAddr::V6(base) = self.base else { return false };
        let shift = 128 - u32::from(self.bits);
        (base.to_bits() ^ address).checked_shr(shift).unwrap_or(0) == 0
    }

    /// The bits behind the leading ones.
    fn rest(self) -> u128 {
        let bits = u32::from(self.bits);
        match self.base {
            IpAddr::V4(base) => base.to_bits().checked_shl(bits).unwrap_or(0).into(),
            IpAddr::V6(base) => base.to_bits().checked_shl(bits).unwrap_or(0),
        }
    }
}

fn read_bits(text: &str) -> Option<u8> {
    let plain = text == "0" || !text.starts_with('0');
    let digits = plain && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_what_shares_its_leading_bits() {
        let holds = |range: &str, address: &str| {
            AddressRange::read(range).unwrap().contains(address.parse().unwrap())
        };
        for (range, inside, outside) in [
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.1.2.3"),
            ("10.0.0.0/8", "10.0.0.0", "::a00:1"),
            ("172.16.0.0/12", "172.31.255.255", "172.32.0.0"),
            ("0.0.0.0/0", "255.255.255.255", "2001:db8::1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("192.0.2.7/32", "192.0.2.7", "192.0.2.6"),
            ("fd00::/8", "fdff::1", "fc00::1"),
            ("::/0", "2001:db8::1", "10.0.0.1"),
            ("::1", "::1", "::2"),
            ("2001:db8::/127", "2001:db8::1", "2001:db8::2"),
            ("::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.0"),
            ("::ffff:0:0/96", "1.2.3.4", "::1"),
        ] {
            assert!(holds(range, inside), "{range} {inside}");
            assert!(!holds(range, outside), "{range} {outside}");
        }
        let range = AddressRange::read("10.0.0.0/8").unwrap();
        assert!(
            range.contains_host("10.0.0.1")
                && !range.contains_host("a.10.0.0.1")
                && !range.contains_host("ten")
        );
    }

    #[test]
    fn a_range_that_says_two_things_is_refused() {
        for (text, fault) in [
            ("", RangeFault::Address),
            ("10.0.0/8", RangeFault::Address),
            ("010.0.0.0/8", RangeFault::Address),
            ("example.com", RangeFault::Address),
            ("[::1]", RangeFault::Address),
            (" 10.0.0.0/8", RangeFault::Address),
            ("fe80::1%eth0", RangeFault::Address),
            ("10.0.0.0/33", RangeFault::Bits),
            ("::/129", RangeFault::Bits),
            ("10.0.0.0/", RangeFault::Bits),
            ("10.0.0.0/+8", RangeFault::Bits),
            ("10.0.0.0/08", RangeFault::Bits),
            ("10.0.0.0/255.0.0.0", RangeFault::Bits),
            ("10.0.0.0/8/8", RangeFault::Bits),
            ("10.0.0.1/8", RangeFault::Host),
            ("1.0.0.0/0", RangeFault::Host),
            ("fd00::1/8", RangeFault::Host),
            ("::/8", RangeFault::Mapped),
            ("::/80", RangeFault::Mapped),
            ("::/1", RangeFault::Mapped),
        ] {
            assert_eq!(AddressRange::read(text), Err(fault), "{text}");
        }
    }
}
