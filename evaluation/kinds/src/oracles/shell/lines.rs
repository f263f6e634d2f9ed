//! Draws lines of a shell: of the grammar most often, then damaged in some places.

use crate::draw::Draw;

pub(super) const WORDS: &[&str] = &[
    "x",
    "-la",
    "--format=x",
    "HEAD~1",
    "HEAD^",
    "v1^^~2",
    "'q s'",
    "\"d q\"",
    "a\\ b",
    "é",
    "文件",
    "2",
    "1",
    "0",
    "''",
    "\"\"",
    "'a'\"b\"c",
    "\"\\\"\\\\\\$\\`\\n\\|\"",
    "a=b",
    "=",
    "==",
    "%1",
    "+x",
    "@",
    "a:b",
    "-",
    "--",
    "\\'",
    "'\n'",
    "\"\n\"",
    "/etc",
    "./x",
    "\\~",
    "'~'",
    "\\*",
    "'$x'",
    "'`'",
    "\"'\"",
    "'\"'",
    "'!'",
    "\\#",
    "'#'",
    "CI=2",
    "\\\\",
    "\\a",
    "\"\\a\"",
    "a,b",
    "1-5",
    "if",
    "''x",
    "x''",
    "a\"\"",
    "\\2",
    "'2'",
    "\\;",
    "';'",
    "rm",
    "time",
    "😀",
    "'😀'",
    "\"—\"",
    "a.b",
    ".",
    "..",
    ":",
    "é=1",
    "ＡＢ",
    "1:~",
    "a=~",
    "a:~",
    "a~b",
    "a^b",
];
pub(super) const ODD: &[&str] = &[
    " ", "\n", "\t", "\r", ";", "&", "|", "<", ">", "(", ")", "{", "}", "[", "]", "*", "?", "~",
    "#", "!", "$", "`", "'", "\"", "\\", "=", "%", "^", ":", "1", "2", "0", "3", "-", "\\\n",
    " \\\n", "&&", "||", ">>", ">|", ">&", "2>&1", ">&2", "&>", "<<", "<<<", "<>", "<(", "$(",
    "$x", "${x}", "$'a'", "$\"a\"", "\u{a0}", "à", "\u{85}", "\u{200b}", "\u{2028}", "\0",
    "\u{7f}", "a", "CI=", "!!", "{a,b}", "@(a)", "#x", "&!", "&|", ">!", ";;", ";&", "|&", "<1-5>",
    "CI+=1", "CI[0]=1",
];
pub(super) const OPERATORS: &[&str] = &[
    " ; ", ";", " && ", "&&", " || ", "||", " | ", "|", " & ", "&", "\n", " \n\n ", "&&\n", "|\n",
    " ;\n", " \\\n&& ",
];
pub(super) const REDIRECTIONS: &[&str] = &[
    "> w1",
    ">w1",
    ">> w2",
    ">>w2",
    ">| w1",
    "2> w1",
    "2>w2",
    "2>>w1",
    "1> w1",
    "1>>w2",
    "2>&1",
    ">&2",
    "1>&2",
    "&> w1",
    "&>w1",
    "&>> w2",
    "< r1",
    "<r1",
    "<r2",
    "2>| w1",
    "> /dev/null",
    "2>/dev/null",
    "</dev/null",
    "&>/dev/null",
    "> 'w 1'",
    ">\"w1\"",
    "> w\\ 2",
    "> 2",
    ">2",
    ">é",
    "> -",
    ">-",
    "<'r1'",
    "> a=b",
    "> \\\n w1",
    "> ''",
    ">%",
    ">=",
    "> ~",
    "0< r1",
    "3> w1",
];
const GLUE: &[&str] = &[" ", " ", " ", " ", "  ", " \\\n", ""];

/// A line: of the grammar most often, then damaged in some places.
pub(super) fn line(draw: &mut Draw) -> String {
    let mut line = String::new();
    if draw.one_in(30) {
        line.push_str(draw.of(&["\n", " ", ";"]));
    }
    let commands = 1 + draw.below(3) * draw.below(2);
    for number in 0..commands {
        if number > 0 {
            line.push_str(draw.of(OPERATORS));
        }
        command(draw, &mut line);
    }
    if draw.one_in(6) {
        line.push_str(draw.of(&[";", "&", "\n", " ", " &\n", " ;", "; \n", "&&", "|"]));
    }
    let damages = [0, 0, 1, 1, 2, 3][draw.below(6)];
    for _ in 0..damages {
        damage(draw, &mut line);
    }
    line
}

fn command(draw: &mut Draw, line: &mut String) {
    if draw.one_in(8) {
        line.push_str(draw.of(&[
            "CI=1",
            "CI=",
            "CI='a b'",
            "CI=a=b",
            "CI=\"x\"y",
            "CI=1 CI=2",
            "CI=\\;",
            "CI=a:b",
        ]));
        line.push_str(draw.of(GLUE));
    }
    if draw.one_in(10) {
        line.push_str(draw.of(REDIRECTIONS));
        line.push(' ');
    }
    line.push_str(draw.of(&["a", "b", "git", "rm", "npm", "ls", "'a'", "\\git", "r\"\"m", "l's'"]));
    for _ in 0..draw.below(5) {
        line.push_str(draw.of(GLUE));
        line.push_str(draw.of(WORDS));
    }
    while draw.one_in(3) {
        line.push_str(draw.of(GLUE));
        line.push_str(draw.of(REDIRECTIONS));
    }
}

fn damage(draw: &mut Draw, line: &mut String) {
    let places: Vec<usize> = line.char_indices().map(|(at, _)| at).chain([line.len()]).collect();
    let at = places[draw.below(places.len())];
    match draw.below(4) {
        0 if at < line.len() => {
            line.remove(at);
        }
        1 => {
            let to = places[draw.below(places.len())];
            let piece = line[at.min(to)..at.max(to)].to_owned();
            line.insert_str(at, &piece);
        }
        _ => line.insert_str(at, draw.of(ODD)),
    }
}
