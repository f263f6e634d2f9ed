//! Holds the words that a table of commands accepts to `getopt` of util-linux, which reads them as GNU programs do.
//!
//! `argv [SECONDS] [SEED]`.

use std::process::{Command, exit};
use std::time::{Duration, Instant};

use kinds_evaluation::draw::Draw;
use kinds_evaluation::shell::Words;

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

fn main() {
    let mut arguments = std::env::args().skip(1);
    let seconds: u64 = arguments.next().map_or(10, |text| text.parse().expect("seconds"));
    let seed: u64 = arguments.next().map_or(1, |text| text.parse().expect("a seed"));
    let start = Instant::now();
    let mut draw = Draw::new(seed);
    let words = Words::new(OPTIONS);
    let (mut texts, mut accepted) = (0_u64, 0_u64);
    let mut differences = Vec::new();
    while start.elapsed() < Duration::from_secs(seconds) && differences.len() < 20 {
        let list: Vec<&str> = (0..1 + draw.below(6)).map(|_| draw.of(WORDS)).collect();
        texts += 1;
        let Some((options, operands)) = words.read(&list) else { continue };
        accepted += 1;
        let theirs = getopt(&list);
        let ours = written(&options, &operands);
        if theirs.as_ref() != Some(&ours) {
            differences.push((list.join(" "), ours, theirs));
        }
    }
    println!(
        "argv: {texts} texts, {accepted} accepted, {} differences, {} s, seed {seed}",
        differences.len(),
        start.elapsed().as_secs()
    );
    differences.sort_by_key(|(text, ..)| text.len());
    if let Some(difference) = differences.first() {
        println!("shortest: {difference:?}");
        exit(1);
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
