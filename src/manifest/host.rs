//! The host of a plain URL. Programs disagree about odd URLs, so only those that all read alike have one.

/// Bytes in a host, as names of hosts are bounded.
const MAX_HOST_BYTES: usize = 253;

/// The host of an `http` or `https` URL: no user information, nothing escaped in the authority, lower
/// case, ASCII. `None` for whatever else.
pub(super) fn host_of(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(end);
    // `http://a.example?@b.example` is read as either of the two, and a tab within is left out by some.
    let odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    if behind.contains(odd) || !behind.starts_with('/') && behind.contains('@') {
        return None;
    }
    let host = match authority.split_once(':') {
        Some((host, port)) if is_port(port) => host,
        Some(_) => return None,
        None => authority,
    };
    (host.len() <= MAX_HOST_BYTES && host.split('.').all(is_label)).then_some(host)
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_label(label: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_urls_have_a_host() {
        let cases = [
            ("https://example.com", Some("example.com")),
            ("http://example.com/", Some("example.com")),
            ("https://docs.example.com:8443/a?b=c@d#e", Some("docs.example.com")),
            ("https://example.com?q=1", Some("example.com")),
            ("https://10.0.0.7/x", Some("10.0.0.7")),
            ("https://example.com/Zoë", Some("example.com")),
            ("", None),
            ("example.com", None),
            ("//example.com", None),
            ("ftp://example.com", None),
            ("HTTPS://example.com", None),
            (" https://example.com", None),
            ("https:///example.com", None),
            ("https://", None),
            ("https://Example.com", None),
            ("https://éxample.com", None),
            ("https://example.com.", None),
            ("https://example..com", None),
            ("https://-a.example", None),
            ("https://a_b.example", None),
            ("https://user@example.com", None),
            ("https://user:pass@example.com", None),
            ("https://example.com:pass@evil.example", None),
            ("https://example.com\\@evil.example", None),
            ("https://example.com/\\evil.example", None),
            ("https://example.com?@evil.example", None),
            ("https://example.com#@evil.example", None),
            ("https://exam\tple.com", None),
            ("https://example.com/a b", None),
            ("https://example%2ecom", None),
            ("https://[::1]/", None),
            ("https://example.com:", None),
            ("https://example.com:0", None),
            ("https://example.com:99999", None),
            ("https://example.com:+80", None),
        ];
        for (url, host) in cases {
            assert_eq!(host_of(url), host, "{url}");
        }
        assert_eq!(host_of(&format!("https://{}.com", "a.".repeat(126))), None);
    }
}
