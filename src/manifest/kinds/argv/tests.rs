use crate::model::parts::{Part, Parts};

use super::{Argv, ArgvSpec};

fn argv(spec: &str) -> Argv {
    let spec: ArgvSpec = toml::from_str(spec).unwrap();
    Argv::new(&spec).unwrap()
}

fn texts(part: Part<'_>) -> String {
    part.iter().filter_map(Part::as_text).collect::<Vec<_>>().join("|")
}

/// The canonical text, then the sub-command, options and operands.
fn read(argv: &Argv, words: &[&str]) -> Result<String, (usize, &'static str)> {
    let mut parts = Parts::default();
    let begun = parts.argument("words");
    let read = argv.read_words(words.iter().copied(), &mut parts, &begun);
    parts.end(begun);
    read.map_err(|fault| (fault.word, fault.rule.code))?;
    let argument = parts.get("words").unwrap();
    let names: Vec<_> = argument.iter().map(Part::name).collect();
    assert_eq!(names, Argv::PARTS.iter().map(|part| part.name).collect::<Vec<_>>());
    assert_eq!(argument.get("words").map(texts), Some(words.join("|")));
    assert_eq!(argument.get("name").and_then(Part::as_text), words.first().copied());
    let one = |name| argument.get(name).unwrap();
    let subcommand = one("subcommand").as_text().unwrap();
    Ok(format!(
        "{} : {subcommand} : {} : {}",
        argument.as_text().unwrap(),
        texts(one("options")),
        texts(one("operands"))
    ))
}

const GIT: &str = r#"
[commands.git]
subcommands = ["status", "log", "-"]
global_options = ["--version", "-C="]
options = ["--short", "-s", "-b", "-n=", "--format=", "--color[=]"]
operands = "any"
[commands.go]
options = ["-run=", "-v", "-x", "-n="]
[commands.npm]
subcommands = ["test"]
operands = "none"
[commands.tar]
options = ["-t"]
"#;

#[test]
fn words_are_literal() {
    let argv = argv("");
    let accepted = [
        (
            &["git", "a;b", "$(x)", "*", "~", "a\nb"][..],
            "git 'a;b' '$(x)' '*' '~' 'a\nb' : - :  : a;b|$(x)|*|~|a\nb",
        ),
        (&["a", "", "it's", "'"], "a '' 'it'\\''s' \\' : - :  : |it's|'"),
        (&["a", "-x", "--y=z", "-", "--", "-w"], "a -x --y=z - -- -w : - : -x|--y=z : -|-w"),
        (&["if", "=x", "a=b"], "if '=x' a=b : - :  : =x|a=b"),
    ];
    for (words, expected) in accepted {
        assert_eq!(read(&argv, words).as_deref(), Ok(expected));
    }
    let refused = [
        (&[][..], (0, "nothing-to-run")),
        (&[""], (0, "command-name")),
        (&["a b"], (0, "command-name")),
        (&["./a"], (0, "command-name")),
        (&["-a"], (0, "command-name")),
        (&["A=1", "b"], (0, "command-name")),
        (&["a", "b\0c"], (1, "nul")),
    ];
    for (words, expected) in refused {
        assert_eq!(read(&argv, words), Err(expected), "{words:?}");
    }
}

#[test]
fn a_table_says_which_words_there_are() {
    let argv = argv(GIT);
    let accepted = [
        (&["git", "status", "-sb"][..], "git status -sb : status : -s|-b : "),
        (
            &["git", "-C", "/repo", "log", "-bn", "5", "x"],
            "git -C /repo log -bn 5 x : log : -C=/repo|-b|-n=5 : x",
        ),
        (&["git", "log", "-bn5"], "git log -bn5 : log : -b|-n=5 : "),
        (&["git", "log", "--format="], "git log --format= : log : --format= : "),
        (&["git", "log", "--format", ""], "git log --format '' : log : --format= : "),
        (&["git", "log", "--color", "x"], "git log --color x : log : --color : x"),
        (&["git", "log", "--color=never"], "git log --color=never : log : --color=never : "),
        (
            &["git", "log", "x", "--short", "--", "y"],
            "git log x --short -- y : log : --short : x|y",
        ),
        (&["git", "--version"], "git --version : - : --version : "),
        (&["git"], "git : - :  : "),
        (&["go", "-run", "x", "-v"], "go -run x -v : - : -run=x|-v : "),
        (&["go", "-run=x"], "go -run=x : - : -run=x : "),
    ];
    for (words, expected) in accepted {
        assert_eq!(read(&argv, words).as_deref(), Ok(expected));
    }
    let refused = [
        (&["git", "push"][..], (1, "subcommand-unknown")),
        (&["git", "-C", "x", "push"], (3, "subcommand-unknown")),
        (&["git", "-C"], (1, "value-missing")),
        (&["git", "-C", "--short", "log"], (2, "value-dash")),
        (&["git", "-c", "x=y", "log"], (1, "option-unknown")),
        (&["git", "-s", "status"], (1, "option-unknown")),
        (&["git", "log", "-sx"], (2, "option-unknown")),
        (&["git", "log", "-sé"], (2, "option-unknown")),
        (&["git", "log", "-ns"], (2, "value-glued")),
        (&["git", "log", "-n=5"], (2, "value-glued")),
        (&["git", "log", "-n-5"], (2, "value-glued")),
        (&["git", "log", "--shor"], (2, "option-unknown")),
        (&["git", "log", "--Short"], (2, "option-unknown")),
        (&["git", "log", "---short"], (2, "option-unknown")),
        (&["git", "log", "--short=x"], (2, "option-value")),
        (&["git", "log", "-5"], (2, "option-unknown")),
        (&["git", "log", "--", "--output=x"], (3, "operand-dash")),
        (&["git", "log", "-s", "--", "--", "x"], (4, "operand-dash")),
        (&["git", "", "log"], (1, "subcommand-unknown")),
        (&["git", "-", "log"], (1, "subcommand-unknown")),
        (&["git ", "log"], (0, "command-unknown")),
        (&["go", "-vx"], (1, "option-unknown")),
        (&["go", "-v=x"], (1, "option-value")),
        (&["go", "-n=5"], (1, "value-glued")),
        (&["npm", "test", "x"], (2, "operand-unknown")),
        (&["tar", "xf", "x"], (1, "operand-unknown")),
        (&["tar", "--", "xf"], (2, "operand-unknown")),
        (&["sh", "-c", "git status"], (0, "command-unknown")),
    ];
    for (words, expected) in refused {
        assert_eq!(read(&argv, words), Err(expected), "{words:?}");
    }
}

#[test]
fn a_command_that_runs_another_is_a_matter_of_shells() {
    let spec: ArgvSpec = toml::from_str("commands.sudo = { runs = 0 }").unwrap();
    assert!(Argv::new(&spec).is_err_and(|fault| fault.says.contains("`runs`")));
    let spec: ArgvSpec = toml::from_str("commands.sudo = {}").unwrap();
    assert!(Argv::new(&spec).is_err_and(|fault| fault.says.contains("`operands`")));
}

#[test]
fn sixty_four_kib_are_the_most() {
    let argv = argv("");
    let word = "x".repeat(1023);
    let words: Vec<&str> =
        std::iter::once("a").chain(std::iter::repeat_n(word.as_str(), 64)).collect();
    assert_eq!(read(&argv, &words), Err((64, "too-long")));
    assert!(read(&argv, &words[..64]).is_ok());
    let words = vec!["a"; 4097];
    assert_eq!(read(&argv, &words), Err((4096, "too-long")));
    assert!(read(&argv, &words[..4096]).is_ok());
}
