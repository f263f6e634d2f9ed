//! Holds the words that a table of commands accepts to `getopt` of util-linux, which reads them as GNU programs do.

use std::process::Command;

use permitgate::manifest::{ArgumentSpec, ArgvSpec, CommandSpec};
use permitgate::model::{List, Value};

use crate::draw::Draw;
use crate::report::Run;
use crate::subject::Subject;

const OPTIONS: &[&str] = &["-l", "-a", "-n=", "--short", "--format=", "--color[=]", "--"];
const WORDS: &[&str] = &[
    "-l",
    "-a",
    "-la",
    "-al",
    "-n",
    "-n5",
    "-ln",
    "-lan12",
    "-nx",
    "-n=5",
    "-n-",
    "-x",
    "-lx",
    "--short",
    "--short=",
    "--sho",
    "--format",
    "--format=",
    "--format=x",
    "--format=-l",
    "--form=x",
    "--color",
    "--color=",
    "--color=x",
    "--col",
    "--",
    "--",
    "-",
    "",
    "x",
    "5",
    "-5",
    "---",
    "--=",
    "=",
    "a=b",
    "-l-",
    "-é",
    "é",
    "--format x",
    "-W",
    "-W5",
    "+x",
    "--n",
    "-short",
    "-nn",
    "-n--",
];

pub(crate) fn run(seconds: u64, seed: u64) -> bool {
    if Command::new("getopt").arg("-T").status().ok().and_then(|status| status.code()) != Some(4) {
        println!("argv: no `getopt` of util-linux, not compared");
        return true;
    }
    let command = CommandSpec::new().options(OPTIONS.iter().copied()).any_operands();
    let subject = Subject::new(ArgumentSpec::argv(ArgvSpec::new().command("a", command)));
    let mut draw = Draw::new(seed);
    let mut run = Run::new("argv", seed);
    while run.goes_on(seconds) {
        run.texts += 1;
        let list: Vec<&str> = (0..1 + draw.below(6)).map(|_| draw.of(WORDS)).collect();
        let Ok(read) = subject.read(Value::List(&Words(&list))) else { continue };
        run.accepted += 1;
        let theirs = getopt(&list);
        let ours = written(&read.texts("options"), &read.texts("operands"));
        if theirs.as_ref() != Some(&ours) {
            run.differs(list.join(" "), format!("{theirs:?} there, {ours:?} here"));
        }
    }
    run.end("compared with `getopt` of util-linux")
}

/// Words behind the name of the program.
struct Words<'w>(&'w [&'w str]);

impl List for Words<'_> {
    fn len(&self) -> usize {
        1 + self.0.len()
    }
    fn at(&self, index: usize) -> Option<Value<'_>> {
        let Some(index) = index.checked_sub(1) else { return Some(Value::Text("a")) };
        self.0.get(index).map(|word| Value::Text(word))
    }
}

/// What `getopt` makes of the words, or nothing where it finds a fault.
fn getopt(words: &[&str]) -> Option<String> {
    let output = Command::new("getopt")
        .env_remove("POSIXLY_CORRECT")
        .args(["-o", "lan:", "-l", "short,format:,color::", "--"])
        .args(words)
        .output()
        .expect("getopt");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Our options and operands as `getopt` writes them.
fn written(options: &[String], operands: &[String]) -> String {
    let mut text = String::new();
    for option in options {
        let (name, value) =
            option.split_once('=').map_or((&**option, None), |(name, value)| (name, Some(value)));
        text.push_str(&format!(" {name}"));
        if value.is_some() || name == "--color" {
            text.push_str(&format!(" '{}'", value.unwrap_or_default()));
        }
    }
    text.push_str(" --");
    for operand in operands {
        text.push_str(&format!(" '{operand}'"));
    }
    text
}
