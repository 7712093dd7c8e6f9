//! Which addresses are the public internet: IANA's special-purpose registries (RFC 6890) and what else leads inside.

use ipnet::{Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Everything else of IPv4 is public.
#[rustfmt::skip]
const NOT_PUBLIC_4: [(Ipv4Net, &str); 20] = [
    (v4([0, 0, 0, 0], 8), "this network"),
    (v4([10, 0, 0, 0], 8), "private"),
    (v4([100, 64, 0, 0], 10), "shared by a carrier's customers"),
    (v4([127, 0, 0, 0], 8), "loopback"),
    (v4([169, 254, 0, 0], 16), "link-local"),
    (v4([172, 16, 0, 0], 12), "private"),
    (v4([192, 0, 0, 0], 24), "of protocols"),
    (v4([192, 0, 2, 0], 24), "of documentation"),
    (v4([192, 31, 196, 0], 24), "AS112"),
    (v4([192, 52, 193, 0], 24), "AMT"),
    (v4([192, 88, 99, 0], 24), "a 6to4 relay"),
    (v4([192, 168, 0, 0], 16), "private"),
    (v4([192, 175, 48, 0], 24), "AS112"),
    (v4([198, 18, 0, 0], 15), "of benchmarks"),
    (v4([198, 51, 100, 0], 24), "of documentation"),
    (v4([203, 0, 113, 0], 24), "of documentation"),
    // Azure's own services, in each of its virtual networks.
    (v4([168, 63, 129, 16], 32), "a cloud's own"),
    (v4([224, 0, 0, 0], 4), "multicast"),
    (v4([255, 255, 255, 255], 32), "broadcast"),
    (v4([240, 0, 0, 0], 4), "reserved"),
];

/// Outside of 2000::/3 nothing of IPv6 is public, and of that not these. Addresses that hold one of IPv4 are not looked
/// into: whoever means that one can write it plainly.
#[rustfmt::skip]
const NOT_PUBLIC_6: [(Ipv6Net, &str); 18] = [
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified"),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback"),
    (v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96), "IPv4-mapped"),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 96), "IPv4-compatible"),
    (v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96), "IPv4-translated"),
    (v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96), "NAT64"),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), "NAT64"),
    (v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), "discarded"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), "Teredo"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "of protocols"),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "of documentation"),
    (v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), "6to4"),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "of documentation"),
    (v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16), "of segment routing"),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "private"),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "link-local"),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "site-local"),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "multicast"),
];

const PUBLIC_6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6([a, b, c, d, e, f, g, h]: [u16; 8], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix)
}

/// What kind of address it is, if it is not public.
pub fn not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(a) => NOT_PUBLIC_4.iter().find(|(net, _)| net.contains(&a)).map(|(_, what)| *what),
        IpAddr::V6(a) => {
            let named = NOT_PUBLIC_6.iter().find(|(net, _)| net.contains(&a)).map(|(_, what)| *what);
            named.or_else(|| (!PUBLIC_6.contains(&a)).then_some("not of the internet"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_that_leads_inside_is_known_at_both_its_ends() {
        let kinds: &[(&str, &[&str])] = &[
            ("this network", &["0.0.0.0", "0.255.255.255"]),
            (
                "private",
                &["10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"],
            ),
            ("shared by a carrier's customers", &["100.64.0.0", "100.127.255.255", "100.100.100.200"]),
            ("loopback", &["127.0.0.1", "127.255.255.255", "::1"]),
            ("link-local", &["169.254.0.0", "169.254.169.254", "169.254.255.255", "fe80::1", "febf::1"]),
            ("of protocols", &["192.0.0.192", "2001:2::1", "2001:1ff:ffff::"]),
            ("of documentation", &["192.0.2.1", "198.51.100.7", "203.0.113.255", "2001:db8::1", "3fff:fff::1"]),
            ("of benchmarks", &["198.18.0.0", "198.19.255.255"]),
            ("multicast", &["224.0.0.1", "239.255.255.255", "ff02::1"]),
            ("broadcast", &["255.255.255.255"]),
            ("reserved", &["240.0.0.0", "255.255.255.254"]),
            ("a cloud's own", &["168.63.129.16"]),
            ("unspecified", &["::"]),
            ("IPv4-mapped", &["::ffff:127.0.0.1", "::ffff:8.8.8.8"]),
            ("IPv4-compatible", &["::127.0.0.1", "::a00:1"]),
            ("IPv4-translated", &["::ffff:0:10.0.0.1"]),
            ("NAT64", &["64:ff9b::7f00:1", "64:ff9b:1::10.0.0.1", "64:ff9b:1:ffff::"]),
            ("Teredo", &["2001::1", "2001:0:ffff::"]),
            ("6to4", &["2002:7f00:1::", "2002:ffff::"]),
            ("private", &["fc00::1", "fd00:ec2::254", "fdff::1"]),
            ("site-local", &["fec0::1"]),
            ("discarded", &["100::1"]),
            ("not of the internet", &["4000::1", "1::1", "200::1"]),
        ];
        for (kind, addresses) in kinds {
            for address in *addresses {
                assert_eq!(not_public(address.parse().unwrap()), Some(*kind), "{address}");
            }
        }
    }

    #[test]
    fn their_neighbours_are_public() {
        let public = "1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 \
                      169.255.0.0 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 8.8.8.8 \
                      223.255.255.255 168.63.129.17 2001:200::1 2001:db7:: 2001:db9:: 2003::1 2606:4700::1111 3ffe::1";
        for address in public.split_whitespace() {
            assert_eq!(not_public(address.parse().unwrap()), None, "{address}");
        }
    }
}
