//! What a line of a shell breaks.

use crate::manifest::kinds::rule::Rule;

macro_rules! rules {
    ($($name:ident = $code:literal, $found:literal, $remedy:literal;)+) => {
        $(pub(super) static $name: Rule = Rule { code: $code, found: $found, remedy: $remedy };)+
    };
}

rules! {
    LONG = "too-long", "the line is longer than 64 KiB", "write shorter lines";
    MANY = "too-many", "the line has more than 4,096 words, operators and redirections", "write fewer in one line";
    EMPTY_COMMAND = "command-empty", "no command stands there", "write one command between two of `;`, `&`, `&&`, `||`, `|`, and one behind `&&`, `||` and `|`";
    OPERATOR = "operator", "this operator is not accepted", "join commands by `;`, `&`, `&&`, `||`, `|` or a new line";
    CONTROL = "control", "a control character stands there", "write blanks for tabs, and a new line without a carriage return";
    EXPANSION = "expansion", "the shell would replace this by something else", "write out what it stands for, or put it in single quotes where it is meant as it stands";
    PATTERN = "pattern", "the shell would take this for a pattern of file names", "write out the names, or put it in single quotes where it is meant as it stands";
    BRACKET = "bracket", "groups, functions, braces and subshells are not accepted", "write plain commands, and put a bracket that is meant as it stands in single quotes";
    MARK = "mark", "this character has a meaning to some shells", "put the word in single quotes";
    COMMENT = "comment", "a comment, or what could be one, stands there", "leave it out, or put the word in single quotes";
    TILDE = "tilde", "the shell would replace `~` by a folder", "write the folder out, or put the word in single quotes";
    LETTER = "letter", "a character outside ASCII that not every shell takes for a letter stands without quotes", "put the word in single quotes";
    QUOTE_OPEN = "quote-open", "the quote is not closed", "close it; for a quote that is meant as it stands write `\\'` outside quotes";
    QUOTE_EXPANSION = "quote-expansion", "within double quotes the shell would replace this by something else", "use single quotes";
    QUOTE_CONTROL = "quote-control", "a control character stands within quotes", "leave it out; only a new line is accepted there";
    QUOTE_DOUBLED = "quote-doubled", "two quotes touch, which the shell can be set to read as one", "write `\\'` for a quote within the word";
    ESCAPE = "escape", "what stands behind `\\` is no visible ASCII character", "put the word in single quotes";
    CONTINUATION = "continuation", "the line is continued within a word or at its end", "put a blank before `\\` and a word on the next line";
    HERE = "here-document", "a text within the line as input is not accepted", "read the input from a file";
    DESCRIPTOR = "descriptor", "this redirection is not accepted", "use `<`, `>`, `>>`, `>|` to a file, `2>` and `2>>`, `&>` where the shell has it, or `2>&1` and `>&2` as words of their own";
    TARGET = "target-missing", "no file follows the redirection", "write the name of a file behind it";
    TARGET_PLACE = "target-place", "the redirection goes to no plain place", "write the path of a file without `..`, a leading `~`, or a line end";
    DEVICE = "target-device", "the redirection goes to a device, which may be a connection", "use `/dev/null`, `2>&1` or `>&2`, or a file";
    MOVED = "target-moved", "the file is relative, and a command before it may have changed the folder", "write the absolute path";
    ALONE = "command-missing", "assignments or redirections stand without a command", "write a command with them";
    ASSIGNMENT = "assignment", "this assignment is not listed", "leave it out, or use a name that the tool's manifest lists";
    NAME_EQUALS = "name-equals", "the name of the command holds `=`", "write the name of a program";
    RESERVED = "reserved", "this word begins or ends a construct of the shell", "write plain commands, and `test` for `[[`";
    BUILTIN = "builtin", "this command changes what the shell does with the words behind it", "leave it out, or use a command like it that the tool's manifest lists under `commands`: only listed ones of the shell itself are accepted";
    TEST_BRACKET = "test-bracket", "the shell reads `[ … ]` in a way of its own, which is not accepted", "write `test` and the words within, where the tool's manifest lists it";
    TEST = "test-form", "these words of `test` are no plain question: some shells evaluate them", "ask one thing of `-f word` and its like, `word = word` or `number -lt number`, perhaps behind `'!'`, with no word that begins with a dash, and join two by `&&`";
    NUMBER = "number", "the shell may calculate this word, and run what stands in it", "write a whole number in digits";
    EVALUATED = "evaluated", "the shell takes words of this command for variables, and may run what stands in this one", "write it without `[`, `(`, `$` and backticks";
}
