use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn blocked_ports_are_sorted_for_the_search() {
    assert!(BLOCKED_PORTS.is_sorted());
}

#[test]
fn special_addresses_have_a_reason() {
    for (address, reason) in [
        ("0.0.0.0", "unspecified"),
        ("0.1.2.3", "unspecified"),
        ("10.255.255.255", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "CGNAT"),
        ("100.100.100.200", "CGNAT"),
        ("100.127.255.255", "CGNAT"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("169.254.169.254", "metadata"),
        ("169.254.1.1", "link-local"),
        ("168.63.129.16", "metadata"),
        ("192.0.0.192", "protocols"),
        ("192.0.2.1", "documentation"),
        ("198.51.100.1", "documentation"),
        ("203.0.113.255", "documentation"),
        ("198.18.0.1", "benchmarks"),
        ("198.19.255.255", "benchmarks"),
        ("192.88.99.1", "6to4"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::ffff:8.8.8.8", "v4-mapped"),
        ("::ffff:0:8.8.8.8", "v4-translated"),
        ("::8.8.8.8", "v4-compatible"),
        ("64:ff9b::808:808", "NAT64"),
        ("64:ff9b:1::1", "NAT64"),
        ("100::1", "discard"),
        ("100:0:0:1::1", "discard"),
        ("fd00:ec2::254", "metadata"),
        ("fc00::1", "ULA"),
        ("fdff::1", "ULA"),
        ("fe80::1", "link-local"),
        ("febf::1", "link-local"),
        ("fec0::1", "site-local"),
        ("ff02::1", "multicast"),
        ("2001::1", "Teredo"),
        ("2001:2::1", "protocols"),
        ("2001:10::1", "protocols"),
        ("2001:20::1", "protocols"),
        ("2001:db8::1", "documentation"),
        ("3fff::1", "documentation"),
        ("2002:7f00:1::", "6to4"),
        ("2a00:1450::5efe:7f00:1", "ISATAP"),
        ("4000::1", "reserved"),
        ("5f00::1", "reserved"),
    ] {
        let found = special(ip(address)).unwrap_or_else(|| panic!("{address} passed as public"));
        assert!(found.contains(reason), "{address} is `{found}`, not `{reason}`");
    }
}

#[test]
fn public_addresses_pass() {
    for address in [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "126.255.255.255",
        "128.0.0.1",
        "169.253.1.1",
        "169.255.1.1",
        "172.15.255.255",
        "172.32.0.1",
        "192.0.1.1",
        "192.167.1.1",
        "192.169.0.1",
        "198.17.0.1",
        "198.20.0.1",
        "203.0.112.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450:4001::64",
        "2001:4860:4860::8888",
        "2400:cb00::1",
    ] {
        assert_eq!(special(ip(address)), None, "{address}");
    }
}

#[test]
fn ordinary_portals_pass() {
    for url in [
        "https://co.computrabajo.com/ofertas?p=2",
        "http://example.com:8080/",
        "https://empleos.münchen.de/",
        "http://8.8.8.8/",
    ] {
        assert!(!check_url(&parse(url).unwrap(), &[]).unwrap(), "{url}");
    }
}

#[test]
fn passwords_never_reach_a_message() {
    let error = check_url(&parse("http://user:hunter2@example.com/").unwrap(), &[]).unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn the_allow_list_opens_one_origin_only() {
    let allow = ["127.0.0.1:8080".parse().unwrap()];
    assert!(check_url(&parse("http://127.0.0.1:8080/x").unwrap(), &allow).unwrap());
    assert!(check_url(&parse("http://2130706433:8080/x").unwrap(), &allow).unwrap());
    for url in
        ["http://127.0.0.1:8081/", "http://127.0.0.2:8080/", "http://localhost:8080/", "http://a:b@127.0.0.1:8080/"]
    {
        assert!(check_url(&parse(url).unwrap(), &allow).is_err(), "{url}");
    }
}
