//! The rules of the kind: each says what stands there and what to write instead.

use crate::manifest::kinds::rule::Rule;

macro_rules! rules {
    ($($name:ident = $code:literal, $found:literal, $remedy:literal;)*) => {
        $(pub(super) static $name: Rule = Rule { code: $code, found: $found, remedy: $remedy };)*
    };
}

rules! {
    TOO_LONG = "too-long", "the query is longer than 16 KiB", "write a shorter query";
    TOO_MANY_WORDS = "too-many-words", "the query has more than 2,000 words", "write a shorter query";
    TOO_DEEP = "too-deep", "the query nests too deeply", "use at most 32 brackets within one another and fewer nested operators";
    TOO_MANY_JOINS = "too-many-joins", "the query has more than 64 joins", "join fewer tables";
    TOO_MANY_NAMES = "too-many-names", "the query names more than 64 tables or more than 64 functions", "split the query";
    EMPTY = "empty", "there is no statement", "write one statement";
    SECOND_STATEMENT = "second-statement", "a second statement begins", "send one statement in each call";
    CONTROL = "control", "a control character stands here", "use blanks, tabs and newlines only";
    LONE_CR = "lone-cr", "a carriage return without a newline stands here", "end lines with a newline";
    NON_ASCII = "non-ascii", "a character outside ASCII stands outside quotes", "write names and comments in ASCII, or quote the name";
    CLIENT_COMMAND = "client-command", "a command of a database client stands here", "send SQL only";
    CHARACTER = "character", "this character has no meaning in the dialect", "leave it out, or quote it";
    COMMENT_COMMAND = "comment-command", "a comment that some servers execute begins here", "leave out comments that begin with `/*!`, `/*M` or `/*+`";
    COMMENT_NESTED = "comment-nested", "a comment holds another comment", "leave the comment out";
    COMMENT_OPEN = "comment-open", "a comment does not end", "end it with `*/`";
    COMMENT_DASHES = "comment-dashes", "two dashes without a blank behind them: MySQL takes them for two minus signs", "write a blank after `--`";
    QUOTE_OPEN = "quote-open", "a quote does not end", "end it with the same quote";
    QUOTE_BACKSLASH = "quote-backslash", "a backslash stands in quotes, which MySQL takes for an escape", "double the quote instead, or leave the backslash out";
    GLUED = "glued", "a quote or a number touches a word", "write plain '…' literals with a blank around them; prefixes like E'…' and U&'…' are not accepted";
    ADJACENT = "adjacent-quotes", "two texts stand side by side", "write one text, or join them with `||` or `concat`";
    NUMBER = "number", "a number in a form that servers read differently", "write numbers like 12, 1.5, 0.5 or 1e6";
    DOLLAR = "dollar", "a `$` stands here that does not begin a parameter like $1", "use '…' for texts, and names without `$`";
    VARIABLE = "variable", "a variable or an assignment stands here", "write the value, or a parameter";
    OPERATOR = "operator", "this operator is not known in the dialect", "use a built-in operator, with a blank between two of them";
    IDENTIFIER = "identifier", "a name is empty, too long, or has characters that resources cannot hold", "use letters, digits, `_`, `-`, `.` and blanks";
    CASE_UNKNOWN = "case-unknown", "a table's name has capital letters, and servers differ in whether they count", "write it in small letters, or let the manifest say `case`";
    SYNTAX = "syntax", "the query is not understood from here", "write it in a plainer form of the dialect";
    STATEMENT = "statement", "this kind of statement is not accepted", "use SELECT, VALUES, EXPLAIN, SHOW, INSERT, UPDATE or DELETE";
    VERB = "verb", "the manifest does not accept statements that write like this", "read only, or let the manifest list the verb in `verbs`";
    WRITE_INSIDE = "write-inside", "a statement that writes stands within a query", "write it as a statement of its own";
    LOCK = "lock", "the query locks rows", "leave out FOR UPDATE, FOR SHARE and the like";
    INTO = "into", "INTO writes what was selected into something", "leave INTO out";
    HINT = "hint", "a hint or modifier stands here", "leave it out";
    CLAUSE = "clause", "this clause is not accepted in the dialect", "write the query without it";
    EXPRESSION = "expression", "this expression is not accepted in the dialect", "write it with functions and operators that every reader knows";
    TYPE = "type", "this type is not one of the dialect's own", "cast to a built-in type";
    FUNCTION = "function", "this function is not on the list", "use another function, or let the manifest list it in `functions`";
    TABLE_FUNCTION = "table-function", "this function is not on the list of those that give rows", "use another one, or let the manifest list it in `functions`";
    TABLE_NAME = "table-name", "a table's name has more than two parts", "write `schema.table`";
    ALIAS = "alias", "a word of the language stands where a name for the result would", "write AS before it, or choose another name";
    SHADOW = "shadow", "a name of WITH is also used where it does not hold", "give the WITH query a name that nothing else has";
    ROW_FUNCTION = "row-function", "PostgreSQL may take this for the call of a function", "name the columns of the table function, and use these names";
    TARGET = "target", "what is written must be one table with no join", "write one table; a name for it needs AS";
}
