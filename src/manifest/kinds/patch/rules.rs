//! What a patch may not have.

use crate::manifest::kinds::rule::Rule;

pub(super) static LONG: Rule =
    Rule::new("patch-long", "the patch has more than 64 KiB", "apply it in several calls");
pub(super) static MANY: Rule =
    Rule::new("patch-many", "the patch names more than 128 files", "apply it in several calls");
pub(super) static NO_FILE: Rule = Rule::new(
    "patch-no-file",
    "no file begins here",
    "begin each file with `diff --git a/NAME b/NAME`, or with `--- a/NAME`, and write nothing between and around them",
);
pub(super) static HEADER: Rule = Rule::new(
    "patch-header",
    "the line of the header is not understood",
    "write the header as `git diff` does",
);
pub(super) static MODE: Rule = Rule::new(
    "patch-mode",
    "the file is neither plain nor executable",
    "write the mode 100644 or 100755; links and repositories cannot be patched",
);
pub(super) static NAME: Rule = Rule::new(
    "patch-name",
    "no name of a file stands here",
    "write `a/` and the old name, and in the next line `b/` and the new one, or `/dev/null` where there is none",
);
pub(super) static BLANK: Rule = Rule::new(
    "patch-blank",
    "the name has a blank and no tab behind it, so that programs may take a part of it",
    "write a tab behind the name, as `git diff` does",
);
pub(super) static QUOTED: Rule = Rule::new(
    "patch-quoted",
    "the name has a quotation mark",
    "write names as they are (`git -c core.quotePath=false diff`); a name with a quotation mark cannot be patched",
);
pub(super) static OTHER_NAME: Rule = Rule::new(
    "patch-other-name",
    "the names of the file are not those of its header, or differ and nothing renames it",
    "write the same name in each line, or `rename from` and `rename to`",
);
pub(super) static NOWHERE: Rule = Rule::new(
    "patch-nowhere",
    "no file is named",
    "write the name of the file in one of the two lines at least",
);
pub(super) static REPEATED: Rule = Rule::new(
    "patch-repeated",
    "the file stands in the patch twice",
    "write all of a file's hunks behind one header",
);
pub(super) static NO_HUNK: Rule = Rule::new(
    "patch-no-hunk",
    "no hunk follows, and the header changes nothing",
    "write a hunk that begins with `@@ -`",
);
pub(super) static RANGE: Rule =
    Rule::new("patch-range", "this is no range of lines", "write it as `@@ -12,3 +12,4 @@`");
pub(super) static NOTHING: Rule = Rule::new(
    "patch-nothing",
    "the file is `/dev/null` on one side, and the hunk has lines there",
    "write the range `-0,0` for a file that is new, and `+0,0` for one that is gone",
);
pub(super) static LINE: Rule = Rule::new(
    "patch-line",
    "the line belongs to no hunk",
    "begin each line of a hunk with a blank, `+` or `-`, and count the lines in its `@@`",
);
pub(super) static SHORT: Rule = Rule::new(
    "patch-short",
    "the hunk has fewer lines than it says",
    "count the lines in its `@@`",
);
