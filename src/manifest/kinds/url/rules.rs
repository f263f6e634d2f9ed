//! What a URL may not have.

use crate::manifest::kinds::rule::Rule;

pub(super) static LONG: Rule =
    Rule { code: "url-long", found: "the URL has more than 64 KiB", remedy: "write a shorter one" };
pub(super) static SCHEME: Rule = Rule {
    code: "url-scheme",
    found: "the scheme is not among those that the owner accepts",
    remedy: "write a URL with an accepted scheme, such as `https://www.example.com/`",
};
pub(super) static NO_SCHEME: Rule = Rule {
    code: "url-no-scheme",
    found: "no scheme with `://` stands in front",
    remedy: "write the whole URL, such as `https://www.example.com/`",
};
pub(super) static RELATIVE: Rule = Rule {
    code: "url-relative",
    found: "the URL has no host",
    remedy: "write the whole URL, such as `https://www.example.com/docs`",
};
pub(super) static WORD: Rule = Rule {
    code: "url-word",
    found: "a single word is not taken for a host without a scheme in front",
    remedy: "write the scheme too, such as `http://printer/`",
};
pub(super) static USER: Rule = Rule {
    code: "url-user",
    found: "an `@` stands before the end of the host, as behind a user name",
    remedy: "write the URL without a user name and a password",
};
pub(super) static LATE_USER: Rule = Rule {
    code: "url-late-user",
    found: "an `@` follows without a `/` behind the host, and some programs take what stands before it for a user name",
    remedy: "write a `/` behind the host",
};
pub(super) static PORT: Rule = Rule {
    code: "url-port",
    found: "this is not a port",
    remedy: "write a number from 1 to 65535, or no `:`",
};
pub(super) static OTHER_PORT: Rule = Rule {
    code: "url-other-port",
    found: "the port is not among those that the owner accepts",
    remedy: "use another port",
};
pub(super) static BLANK: Rule = Rule {
    code: "url-blank",
    found: "a blank or a control character stands in the URL",
    remedy: "write a blank as `%20`, and nothing in front of the URL or behind it",
};
pub(super) static ASCII: Rule = Rule {
    code: "url-ascii",
    found: "a character that is not ASCII stands in the URL",
    remedy: "write it as the escapes of its UTF-8 bytes, `%C3%BC` for `ü`",
};
pub(super) static BACKSLASH: Rule = Rule {
    code: "url-backslash",
    found: "a `\\` stands in the URL, which some programs take for `/`",
    remedy: "write `/`, or `%5C` in a query",
};
pub(super) static CHARACTER: Rule = Rule {
    code: "url-character",
    found: "this character may not stand here in a URL as it is",
    remedy: "write it as an escape, such as `%7B` for `{`",
};
pub(super) static PARAMETER: Rule = Rule {
    code: "url-parameter",
    found: "a `;` stands in the path, and some servers drop it and what follows",
    remedy: "write the path without `;`",
};
pub(super) static EMPTY_SEGMENT: Rule = Rule {
    code: "url-empty-segment",
    found: "a segment of the path is empty",
    remedy: "write one `/` between two segments",
};
pub(super) static DOTS: Rule = Rule {
    code: "url-dots",
    found: "a segment of the path is `.` or `..`",
    remedy: "write the path that is meant",
};
pub(super) static ESCAPE: Rule = Rule {
    code: "url-escape",
    found: "a `%` is not followed by two hexadecimal digits",
    remedy: "write `%25` for a `%` in a query, and none in a path",
};
pub(super) static ESCAPED_SIGN: Rule = Rule {
    code: "url-escaped-sign",
    found: "a control character or one of `/ \\ % . ;` is escaped in the path",
    remedy: "write `.` as it is, and a path without the others",
};
pub(super) static ESCAPED_CONTROL: Rule = Rule {
    code: "url-escaped-control",
    found: "a control character other than tab and line ends is escaped",
    remedy: "write the URL without it",
};
pub(super) static UTF8: Rule = Rule {
    code: "url-utf8",
    found: "the escapes in this segment of the path are not UTF-8",
    remedy: "write the escapes of UTF-8 bytes, `%C3%BC` for `ü`",
};
