//! What was damaged: tokens, lines of `decide`, and policy files.

use std::collections::{HashMap, HashSet};
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use permitgate_cli::{Io, Streams};
use serde_json::{Value, json};

use crate::files;
use crate::table::Course;
use crate::token::draw::{Draw, Kind};
use crate::token::world::{authentic, builder};

/// A token counts exactly where its bytes are those of one that was issued.
pub(crate) fn tokens(course: &mut Course) {
    const ISSUED: usize = 96;
    let mut draw = Draw::new(course.draw.0);
    let (fresh, kept) = (builder().cache(0).build().unwrap(), builder().cache(64).build().unwrap());
    let mut issued = Vec::new();
    while course.goes_on() {
        if issued.is_empty() || draw.one_in(8192) {
            let kind = |number| if number % 2 == 0 { Kind::Shared } else { Kind::Public };
            issued = (0..ISSUED).map(|number| draw.token(kind(number))).collect::<Vec<_>>();
            for token in &issued {
                if !authentic(&fresh, token) {
                    course.differs(&format!("issued, and not taken: {token:02x?}"));
                }
            }
        }
        let (token, other) = (draw.pick(&issued), draw.pick(&issued));
        let damaged = if draw.one_in(64) { token } else { draw.damage(&token, &other) };
        let expected = issued.contains(&damaged);
        course.count(1, if expected { "as issued" } else { "damaged" });
        let verifier = if draw.one_in(2) { &fresh } else { &kept };
        match course.holds(&format!("{damaged:02x?}"), || authentic(verifier, &damaged)) {
            Some(found) if found != expected => {
                course.differs(&format!("taken: {found}, issued: {expected}: {damaged:02x?}"));
            }
            _ => {}
        }
    }
}

/// A line is decided only as what another reader of JSON reads in it, and is an error where that one refuses it.
pub(crate) fn lines(course: &mut Course) {
    const BATCH: u64 = 20_000;
    let seeds = seeds();
    let mut draw = Draw::new(course.draw.0);
    while course.goes_on() {
        let count = course.left().min(BATCH);
        let damaged: Vec<Vec<u8>> = (0..count).map(|_| damaged_line(&mut draw, &seeds)).collect();
        let mut input = Vec::new();
        for line in &damaged {
            input.extend_from_slice(line);
            // In other words: without spaces and escapes, and with the keys in an order of their own.
            let again = serde_json::from_slice::<Value>(line).unwrap_or_default();
            let _ = writeln!(input, "\n{again}");
        }
        let answers = decide(input);
        for (place, line) in (0_u64..).zip(&damaged) {
            let (found, expected) = (answers.get(&(place * 2 + 1)), answers.get(&(place * 2 + 2)));
            course.count(1, outcome(found));
            let decided =
                |answer: Option<&Value>| answer.is_some_and(|it| it["decision"].is_string());
            if found.is_none() && !line.iter().all(u8::is_ascii_whitespace) {
                course.differs(&format!("no answer to {:?}", String::from_utf8_lossy(line)));
            }
            if decided(found) && found != expected {
                let line = String::from_utf8_lossy(line);
                course.differs(&format!("{found:?}\nand not {expected:?}\nto {line:?}"));
            }
        }
    }
}

fn outcome(answer: Option<&Value>) -> &'static str {
    match answer.and_then(|answer| answer["decision"].as_str()) {
        Some("allow") => "allowed",
        Some("hold") => "held",
        Some(_) => "denied",
        None => "errors",
    }
}

/// Lines of calls and actions that the bundle decides in each way.
fn seeds() -> Vec<Vec<u8>> {
    let call = |tool: &str, arguments: Value| {
        json!({"tool": tool, "arguments": arguments, "invoker": "dana@example.com", "agent": "triage",
               "user_says": "Tell lee@example.com and sam@partner.example"})
    };
    let action = |resource: &str, audience: Value| {
        json!({"action": {"operation": "read", "tool": "mail.read", "resource": resource, "audience": audience,
                          "arguments": {"cents": 7, "deep": {"list": [1, -2.5, null, "\u{e9}"]}}},
               "invoker": "dana@example.com", "agent": "triage"})
    };
    let lines = [
        call("mail.read", json!({"id": "7"})),
        call("mail.send", json!({"to": ["lee@example.com", "sam@partner.example"]})),
        call("mail.send", json!({"to": "eve@elsewhere.example"})),
        call("forum.reply", json!({"thread": "8812", "visibility": "team"})),
        call("forum.reply", json!({"thread": "8812", "visibility": "everyone"})),
        call("bank.transfer", json!({"cents": 500})),
        call("bank.transfer", json!({"cents": 10_001})),
        action("mail/dana@example.com/inbox/7", json!("private")),
        action("mail/lee@example.com/inbox/7", json!({"recipients": ["lee@example.com"]})),
        json!({"action": {"operation": "read", "tool": "mail.list", "resource": "mail/dana@example.com", "reach": "below"},
               "invoker": "dana@example.com", "agent": "triage"}),
    ];
    lines.iter().map(|line| line.to_string().into_bytes()).collect()
}

/// A line with one to three changes: of a byte, of a number of bytes, or by what means something in JSON.
fn damaged_line(draw: &mut Draw, seeds: &[Vec<u8>]) -> Vec<u8> {
    const PIECES: [&str; 26] = [
        "\"",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\\",
        "\\u0061",
        "\\ud800",
        "\\/",
        "null",
        "true",
        "0",
        "-",
        ".",
        "1e2",
        "1.0",
        "e400",
        "18446744073709551616",
        "..",
        "%2F",
        "*",
        "\t",
        "\0",
        "\u{feff}",
    ];
    /// What may come to stand twice in one object.
    const MEMBERS: [&str; 9] = [
        "\"tool\":\"mail.read\",",
        "\"invoker\":\"lee@example.com\",",
        "\"arguments\":{\"id\":\"8\"},",
        "\"to\":[\"lee@example.com\"],",
        "\"visibility\":\"team\",",
        "\"cents\":1,",
        "\"audience\":\"public\",",
        "\"begin\":true,",
        "\"reach\":\"below\",",
    ];
    let mut line = draw.pick(seeds);
    for _ in 0..=draw.below(3) {
        let place = draw.below(line.len() as u64 + 1) as usize;
        let end = (place + draw.below(9) as usize).min(line.len());
        match draw.below(6) {
            0 => drop(line.drain(place..end)),
            1 => drop(line.splice(place..end, draw.pick(&PIECES).bytes())),
            2 => drop(line.splice(place..place, draw.pick(&PIECES).bytes())),
            3 => {
                let from =
                    line[..place].iter().rposition(|byte| *byte == b'{').map_or(0, |at| at + 1);
                drop(line.splice(from..from, draw.pick(&MEMBERS).bytes()));
            }
            4 => {
                let other = draw.pick(seeds);
                let from = place.min(other.len());
                let to = (from + draw.below(60) as usize).min(other.len());
                drop(line.splice(place..end, other[from..to].iter().copied()));
            }
            _ if place < line.len() => line[place] ^= 1 << draw.below(8),
            _ => {}
        }
    }
    // What stands behind an end of line is another line.
    line.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
    line
}

/// What the command answers, by the number of the line, which is taken out.
fn decide(input: Vec<u8>) -> HashMap<u64, Value> {
    let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../files/tests/bundle/policy.toml");
    let (output, errors) = (Kept::default(), Kept::default());
    let args = ["permitgate", "decide", "--quiet", "-p"].map(PathBuf::from);
    let streams = Streams {
        input: Box::new(Cursor::new(input)),
        output: Box::new(output.clone()),
        errors: Box::new(errors.clone()),
    };
    let code = permitgate_cli::run(args.into_iter().chain([policy]), Io::of(streams));
    let errors = String::from_utf8_lossy(&errors.0.lock().unwrap()).into_owned();
    assert!(code <= permitgate_cli::EXIT_FOUND, "{code}: {errors}");
    let mut numbers = HashSet::new();
    let output = output.0.lock().unwrap();
    let lines = output.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let mut answer: Value = serde_json::from_slice(line).unwrap();
            let number = answer["line"].take().as_u64().unwrap();
            assert!(numbers.insert(number), "line {number} is answered twice");
            (number, answer)
        })
        .collect()
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Loads or is refused with a place, and its canonical form says the same.
pub(crate) fn policy_files(course: &mut Course) {
    let damaged = files::damaged();
    while course.goes_on() {
        let (name, text) = course.one(&damaged);
        let loaded = course.holds(&format!("{text:?}"), || files::check(name, &text));
        course.count(1, if loaded == Some(true) { "loaded" } else { "refused" });
    }
}
