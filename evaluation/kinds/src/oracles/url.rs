//! Holds URLs and hosts that we accept to `url` (WHATWG), `fluent-uri` (RFC 3986), `http` and the standard library.

use std::net::IpAddr;

use permitgate::manifest::{ArgumentSpec, HostSpec, UrlSpec};

use crate::corpus::{corpus, hostile, mutated};
use crate::draw::Draw;
use crate::report::{Run, check};
use crate::subject::{Reading, Subject};

pub(crate) fn run(seconds: u64, seed: u64) -> bool {
    let schemes = UrlSpec::new().schemes(["http", "https", "ws", "wss"]);
    let url = Subject::new(ArgumentSpec::url(schemes));
    let host = Subject::new(ArgumentSpec::host(HostSpec::new()));
    let (urls, hosts) = (corpus("url"), corpus("host"));
    let mut draw = Draw::new(seed);
    let mut run = Run::new("url", seed);
    let mut unread = 0_u64;
    while run.goes_on(seconds) {
        for _ in 0..1000 {
            run.texts += 1;
            let is_host = draw.one_in(5);
            let text = match (is_host, draw.one_in(3)) {
                (true, true) => mutated(&hosts, ODD, &mut draw),
                (true, false) => host_text(&mut draw),
                (false, true) => mutated(&urls, ODD, &mut draw),
                (false, false) => url_text(&mut draw),
            };
            let kind = if is_host { &host } else { &url };
            let Ok(read) = kind.text(&text) else { continue };
            run.accepted += 1;
            let compared = if is_host {
                compare_host(&text, &read)
            } else {
                compare_url(&text, &read, &mut unread)
            };
            if let Err(says) = compared.and_then(|()| same_again(kind, &read)) {
                run.differs(text, says);
            }
        }
    }
    let pieces = [
        "/", "/a", "%41", "%C3%BC", "[", "]", "@", ":", "?", "#", "%", ".", "a.", ";", "-", "a",
        "é", "1.", "::",
    ];
    let starts =
        ["https://", "https://a/", "https://a/?", "https://a/#", "https://[", "https://a:"];
    let worst = hostile(&url, &starts, &pieces, 64 * 1024);
    let also = format!(
        "{unread} not read by `http`, eight times the length takes at most {worst:.1} times as long"
    );
    run.end(also) && worst < 24.0
}

fn same_again(kind: &Subject, read: &Reading) -> Result<(), String> {
    let again =
        kind.text(read.canonical()).map_err(|fault| format!("canonical form refused: {fault}"))?;
    let mut expected = read.clone();
    for part in &mut expected.parts {
        if part.name == "fragment" {
            part.value = Some(String::new());
        }
    }
    check("canonical form", &again, &expected)
}

/// A host in one form, from whatever another parser gives.
fn plain_host(host: &str) -> String {
    let inner = host.trim_start_matches('[').trim_end_matches(']');
    match inner.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().to_string(),
        Err(_) => inner.strip_suffix('.').unwrap_or(inner).to_ascii_lowercase(),
    }
}

fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|two| u8::from_str_radix(two, 16).ok());
        match hex {
            Some(byte) if bytes[at] == b'%' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}

fn plain_path(path: &str) -> Vec<u8> {
    let path = path.trim_start_matches('/');
    let path = decoded(path.strip_suffix('/').unwrap_or(path));
    if path.is_empty() { b".".to_vec() } else { path }
}

fn compare_url(text: &str, read: &Reading, unread: &mut u64) -> Result<(), String> {
    let ours = |name: &str| read.part(name).unwrap_or("nothing").to_owned();
    let port: u16 = ours("port").parse().map_err(|_| "port")?;
    let whatwg = url::Url::parse(text).map_err(|error| format!("url: {error}"))?;
    check("url scheme", whatwg.scheme(), &ours("scheme"))?;
    check("url user", (whatwg.username(), whatwg.password()), ("", None))?;
    check("url host", plain_host(whatwg.host_str().unwrap_or("")), ours("host"))?;
    check("url port", whatwg.port_or_known_default(), Some(port))?;
    check("url path", plain_path(whatwg.path()), ours("path").into_bytes())?;
    check("url query", decoded(whatwg.query().unwrap_or("")), decoded(&ours("query")))?;
    check("url fragment", decoded(whatwg.fragment().unwrap_or("")), decoded(&ours("fragment")))?;
    let canonical =
        url::Url::parse(read.canonical()).map_err(|error| format!("url, canonical: {error}"))?;
    check("url slash", canonical.path().ends_with('/'), whatwg.path().ends_with('/'))?;
    check("url canonical path", decoded(canonical.path()), decoded(whatwg.path()))?;
    check("url canonical port", canonical.port(), whatwg.port())?;
    check(
        "url canonical query",
        decoded(canonical.query().unwrap_or("")),
        decoded(whatwg.query().unwrap_or("")),
    )?;
    let class_there = class(&ours("host"));
    if !class_there.is_empty() {
        check("class", class_there, &ours("class"))?;
    }
    let origin = whatwg.origin().ascii_serialization();
    if !origin.contains("[::ffff:")
        && !origin.split(':').nth(1).is_some_and(|host| host.ends_with('.'))
    {
        check("url origin", origin, ours("origin"))?;
    }

    // The grammar of the standard has no brackets there.
    let is_bracketed = (ours("query") + &ours("fragment")).contains(['[', ']']);
    if !is_bracketed {
        let rfc = fluent_uri::Uri::parse(text).map_err(|error| format!("fluent-uri: {error}"))?;
        let authority = rfc.authority().ok_or("fluent-uri: no authority")?;
        check("fluent-uri user", authority.has_userinfo(), false)?;
        check("fluent-uri host", plain_host(authority.host()), ours("host"))?;
        check("fluent-uri path", plain_path(rfc.path().as_str()), ours("path").into_bytes())?;
        let query = rfc.query().map_or("", |query| query.as_str());
        check("fluent-uri query", decoded(query), decoded(&ours("query")))?;
        if let Some(written) = authority.port().map(|port| port.as_str()) {
            check("fluent-uri port", written, &port.to_string())?;
        }
    }
    match text.parse::<http::Uri>() {
        Ok(uri) => {
            check("http host", uri.host().map(plain_host), Some(ours("host")))?;
            check("http port", uri.port_u16().unwrap_or(port), port)?;
            check("http path", plain_path(uri.path()), ours("path").into_bytes())?;
        }
        Err(_) => *unread += 1,
    }
    Ok(())
}

/// What the standard library says of an address, as far as it does.
fn class(host: &str) -> &'static str {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) if v4.is_loopback() => "loopback",
        Ok(IpAddr::V4(v4)) if v4.is_private() => "private",
        Ok(IpAddr::V4(v4)) if v4.is_link_local() => "link-local",
        Ok(IpAddr::V4(v4)) if v4.is_multicast() => "multicast",
        Ok(IpAddr::V4(v4)) if v4.is_documentation() || v4.is_broadcast() => "reserved",
        Ok(IpAddr::V6(v6)) if v6.is_loopback() => "loopback",
        Ok(IpAddr::V6(v6)) if v6.is_unspecified() => "unspecified",
        Ok(IpAddr::V6(v6)) if v6.is_unique_local() => "private",
        Ok(IpAddr::V6(v6)) if v6.is_unicast_link_local() => "link-local",
        Ok(IpAddr::V6(v6)) if v6.is_multicast() => "multicast",
        _ => "",
    }
}

fn compare_host(text: &str, read: &Reading) -> Result<(), String> {
    let bracketed = if text.matches(':').count() > 1 && !text.starts_with('[') {
        format!("[{text}]")
    } else {
        text.to_owned()
    };
    let host = url::Host::parse(&bracketed).map_err(|error| format!("url: {error}"))?;
    check("url host", plain_host(&host.to_string()), read.canonical().to_owned())?;
    let is_address = !matches!(host, url::Host::Domain(_));
    let class_there = class(read.canonical());
    if is_address && !class_there.is_empty() {
        check("class", Some(class_there), read.part("class"))?;
    }
    let is_of_name = matches!(read.part("class"), Some("name" | "local"));
    check("address", is_address, !is_of_name)
}

const ODD: &[char] = &[
    '/', '\\', ':', '@', '?', '#', '[', ']', '%', '.', ';', '&', '=', '+', '-', '_', '~', '!', '$',
    '\'', '(', '*', ',', ' ', '\t', '\n', '\r', '\0', '\u{7f}', '0', '1', '2', '4', '8', 'x', 'X',
    'a', 'f', 'Z', 'é', '。', '①', '\u{ad}', '\u{200b}', '<', '"', '{', '|', '^', '`',
];

fn label(draw: &mut Draw) -> &'static str {
    draw.of(&[
        "a",
        "example",
        "EXAMPLE",
        "com",
        "localhost",
        "local",
        "1",
        "0x7f",
        "127",
        "xn--a",
        "_a",
        "a-b",
        "a--b",
        "3d",
        "0xg",
        "a_",
        "1e3",
        "internal",
    ])
}

fn host_text(draw: &mut Draw) -> String {
    match draw.below(6) {
        0 => (0..4)
            .map(|_| {
                draw.of(&[
                    "0", "1", "10", "127", "169", "192", "254", "255", "256", "010", "0x1", "100",
                    "64",
                ])
            })
            .collect::<Vec<_>>()
            .join("."),
        1 | 2 => {
            let mut groups: Vec<&str> = (0..1 + draw.below(8))
                .map(|_| {
                    draw.of(&[
                        "0",
                        "1",
                        "ffff",
                        "2001",
                        "db8",
                        "fe80",
                        "fd00",
                        "64",
                        "ff9b",
                        "5efe",
                        "0001",
                        "",
                        "2002",
                        "7f00",
                        "10.0.0.1",
                        "127.0.0.1",
                    ])
                })
                .collect();
            if draw.one_in(2) {
                groups.insert(draw.below(groups.len() + 1), "");
            }
            let text = groups.join(":");
            if draw.one_in(4) { text } else { format!("[{text}]") }
        }
        _ => {
            let mut text =
                (0..1 + draw.below(4)).map(|_| label(draw)).collect::<Vec<_>>().join(".");
            if draw.one_in(8) {
                text.push('.');
            }
            text
        }
    }
}

fn url_text(draw: &mut Draw) -> String {
    let scheme = draw.of(&["http", "https", "HTTPS", "ws", "wss", "ftp"]);
    let mut text = format!("{scheme}://{}", host_text(draw));
    if draw.one_in(3) {
        text += draw.of(&[":80", ":443", ":8080", ":", ":0", ":65535", ":65536", ":080"]);
    }
    for _ in 0..draw.below(4) {
        text.push('/');
        for _ in 0..draw.below(4) {
            text += draw.of(&[
                "a",
                "B",
                "..",
                ".",
                "%41",
                "%2e",
                "%C3%BC",
                "%c3",
                "%E2%82%AC",
                "~",
                "+",
                "%20",
                ":",
                "@",
                ";",
                "%2F",
                "*",
                "'",
                "(",
                "!",
                "$",
                "&",
                "=",
                ",",
                "%21",
                "%3f",
                "%F0%9F%9A%80",
                "%ED%A0%80",
                "%00",
            ]);
        }
    }
    for mark in ["?", "#"] {
        if draw.one_in(3) {
            text += mark;
            for _ in 0..draw.below(5) {
                text += draw.of(&[
                    "a", "=", "&", "%41", "%2e", "%0A", "%E9", "[", "]", "/", "?", "..", "%25",
                    "'", "+", ";", "@", ":", "%2f",
                ]);
            }
        }
    }
    text
}
