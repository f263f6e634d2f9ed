//! What a path may not have.

use crate::manifest::kinds::rule::Rule;

pub(super) static EMPTY: Rule = Rule {
    code: "path-empty",
    found: "no path stands there",
    remedy: "write `.` for the folder itself",
};
pub(super) static LONG: Rule = Rule {
    code: "path-long",
    found: "the path has more than 4,096 bytes",
    remedy: "write a shorter one",
};
pub(super) static ABSOLUTE: Rule = Rule {
    code: "path-absolute",
    found: "the path is absolute, and the tool takes paths within its folder",
    remedy: "write the path from that folder on, without what stands before it",
};
pub(super) static RELATIVE: Rule = Rule {
    code: "path-relative",
    found: "the path is relative, and no folder is declared that it begins at",
    remedy: "write the whole path; the owner can declare `cwd`",
};
pub(super) static OUTSIDE: Rule = Rule {
    code: "path-outside",
    found: "the path does not lie in the folder that the tool works in",
    remedy: "write a path within that folder",
};
pub(super) static MAGIC: Rule = Rule {
    code: "path-magic",
    found: "the name stands for what a process has open, which can be any file",
    remedy: "write the file's own path",
};
pub(super) static UP: Rule = Rule {
    code: "path-up",
    found: "`..` stands in the path",
    remedy: "write the path that is meant, without `..`",
};
pub(super) static END: Rule = Rule {
    code: "path-end",
    found: "a name ends with a dot or a blank, which some systems drop",
    remedy: "write the name without it",
};
pub(super) static BLANK: Rule = Rule {
    code: "path-blank",
    found: "a blank stands in front of the path or behind it",
    remedy: "write the path without it",
};
pub(super) static TILDE: Rule = Rule {
    code: "path-tilde",
    found: "the path begins with `~`, which some programs replace by a home folder",
    remedy: "write the folder's own path, or `./~` for a name that begins so",
};
pub(super) static VARIABLE: Rule = Rule {
    code: "path-variable",
    found: "the path begins with `$`, which some programs replace",
    remedy: "write what it stands for, or `./$` for a name that begins so",
};
pub(super) static URL: Rule = Rule {
    code: "path-url",
    found: "a URL stands where a path belongs",
    remedy: "write the path alone, without `://` and what stands before it",
};
pub(super) static TWO_SLASHES: Rule = Rule {
    code: "path-two-slashes",
    found: "the path begins with two slashes, behind which some systems see a host",
    remedy: "write one slash",
};
pub(super) static COLON: Rule = Rule {
    code: "path-colon",
    found: "the path begins with a word and a colon, like a URL or a drive",
    remedy: "write the path alone, or `./` before a name that has a colon",
};
pub(super) static ESCAPE: Rule = Rule {
    code: "path-escape",
    found: "a `%` with two hexadecimal digits stands in a name, which some programs decode",
    remedy: "write the character that is meant",
};
pub(super) static EXPANDED: Rule = Rule {
    code: "path-expanded",
    found: "a character stands in a name that the tool expands",
    remedy: "write the name of one file or folder",
};
pub(super) static BACKSLASH: Rule = Rule {
    code: "path-backslash",
    found: "a `\\` stands in the path",
    remedy: "write `/` between names",
};
pub(super) static CONTROL: Rule = Rule {
    code: "path-control",
    found: "a control character stands in the path",
    remedy: "write the path without it",
};
pub(super) static LETTER: Rule = Rule {
    code: "path-letter",
    found: "a character that is invisible, or that can be written in another way (not in form NFC), stands in the path",
    remedy: "write the letter and its mark as one character",
};
pub(super) static LOOKALIKE: Rule = Rule {
    code: "path-lookalike",
    found: "a character stands in the path that some programs take for a separator, a dot or a colon",
    remedy: "write the plain character if it is meant, or use another one",
};
pub(super) static CASE: Rule = Rule {
    code: "path-case",
    found: "systems disagree what this letter is in upper or lower case",
    remedy: "use a path without it",
};
pub(super) static NO_DRIVE: Rule = Rule {
    code: "path-no-drive",
    found: "the path begins with a separator, without a drive",
    remedy: "write the drive too, such as `C:\\work`",
};
pub(super) static OF_DRIVE: Rule = Rule {
    code: "path-of-drive",
    found: "no separator stands behind the drive",
    remedy: "write it, such as `C:\\work`",
};
pub(super) static DEVICE_SPACE: Rule = Rule {
    code: "path-device-space",
    found: "the path begins with `\\\\?\\` or `\\\\.\\`, where other rules hold",
    remedy: "write the path from the drive on, such as `C:\\work`",
};
pub(super) static SHARE: Rule = Rule {
    code: "path-share",
    found: "two separators are not followed by a host and a share",
    remedy: "write `\\\\host\\share\\folder`, or the path from the drive on",
};
pub(super) static WINDOWS_SIGN: Rule = Rule {
    code: "path-windows-sign",
    found: "one of `< > : \" | ? *` stands in a name",
    remedy: "write the name of one file or folder, without a stream behind a colon",
};
pub(super) static DEVICE: Rule =
    Rule { code: "path-device", found: "the name stands for a device", remedy: "use another name" };
pub(super) static SHORT: Rule = Rule {
    code: "path-short",
    found: "a `~` with a digit stands in the name, as in a short name",
    remedy: "write the long name",
};
