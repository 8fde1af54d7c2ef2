//! Which pages may open a connection (RFC 6455 section 10.2): a pure function of the request and the server's list.

/// Whether a request with this `Origin` header may upgrade.
///
/// * Missing: allowed, since only native clients omit it.
/// * Same origin: `http` or `https` and an authority equal to `host`, the request's Host header; default ports are
///   equal to none. Which of the two schemes the page came by is not known behind a TLS proxy.
/// * Listed: equal to an entry of `list`, byte for byte, such as `https://play.example.com`.
/// * `null` (sandboxed frames, files) is refused even when listed: it names no page.
pub fn allowed<S: AsRef<str>>(origin: Option<&str>, host: &str, list: &[S]) -> bool {
    match origin {
        None => true,
        Some("null") => false,
        Some(origin) => is_same(origin, host) || list.iter().any(|listed| listed.as_ref() == origin),
    }
}

fn is_same(origin: &str, host: &str) -> bool {
    let (authority, default_port) = match (strip_scheme(origin, "http://"), strip_scheme(origin, "https://"))
    {
        (Some(authority), _) => (authority, "80"),
        (_, Some(authority)) => (authority, "443"),
        _ => return false,
    };
    match (split_port(authority), split_port(host)) {
        (Some((name, port)), Some((host_name, host_port))) => {
            name.eq_ignore_ascii_case(host_name)
                && port.unwrap_or(default_port) == host_port.unwrap_or(default_port)
        }
        _ => false,
    }
}

fn strip_scheme<'o>(origin: &'o str, scheme: &str) -> Option<&'o str> {
    let (head, authority) = origin.split_at_checked(scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then_some(authority)
}

/// Host name and port of an authority; `None` when it is anything else (user, path, empty name or port).
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let name_end = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (name, rest) = authority.split_at(name_end);
    let port = match rest.strip_prefix(':') {
        Some(port) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => Some(port),
        Some(_) => return None,
        None if rest.is_empty() => None,
        None => return None,
    };
    let is_name_byte = |b: u8| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b);
    (!name.is_empty() && name.bytes().all(is_name_byte)).then_some((name, port))
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn an_origin_is_allowed_when_missing_same_or_listed() {
        let none: [&str; 0] = [];
        let table: &[(Option<&str>, &str, bool)] = &[
            (None, "a.com", true),
            (Some("http://a.com"), "a.com", true),
            (Some("https://a.com"), "a.com", true),
            (Some("HTTPS://A.com"), "a.COM", true),
            (Some("http://a.com:80"), "a.com", true),
            (Some("https://a.com"), "a.com:443", true),
            (Some("http://127.0.0.1:7777"), "127.0.0.1:7777", true),
            (Some("http://[::1]:7777"), "[::1]:7777", true),
            (Some("http://[::1]"), "[::1]:7777", false),
            (Some("http://a.com:8080"), "a.com", false),
            (Some("http://a.com"), "a.com:8080", false),
            (Some("http://a.com:443"), "a.com", false),
            (Some("null"), "null", false),
            (Some(""), "a.com", false),
            (Some(""), "", false),
            (Some("http://"), "", false),
            (Some("http://:80"), ":80", false),
            (Some("a.com"), "a.com", false),
            (Some("ftp://a.com"), "a.com", false),
            (Some("https://a.com.evil"), "a.com", false),
            (Some("https://evil-a.com"), "a.com", false),
            (Some("https://a.com@evil.com"), "a.com", false),
            (Some("https://x@a.com"), "x@a.com", false),
            (Some("https://a.com/"), "a.com", false),
            (Some("https://a.com:"), "a.com:", false),
            (Some("https://a.com:443x"), "a.com:443x", false),
            (Some("https://é.com"), "é.com", false),
        ];
        for &(origin, host, want) in table {
            assert_eq!(allowed(origin, host, &none), want, "{origin:?} at {host:?}");
        }
    }

    #[test]
    fn a_listed_origin_is_allowed_only_byte_for_byte() {
        let list = ["https://play.example.com", "null"];
        assert!(allowed(Some("https://play.example.com"), "a.com", &list));
        for other in [
            "https://play.example.com.evil",
            "https://play.example.com:444",
            "http://play.example.com",
            "null",
        ] {
            assert!(!allowed(Some(other), "a.com", &list), "{other}");
        }
    }
}
