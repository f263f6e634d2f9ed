//! How many calls `permitgate decide` decides per second, and in how much memory.
//!
//! ```text
//! cargo run --release -p permitgate-cli --example decide_speed
//! ```
//!
//! It writes a policy (100 statements, 20 tools, a directory, conditions) and lines of about 300 bytes,
//! then runs the command's own code in this process, from its arguments to its output, which is
//! counted and thrown away. The lines are made while they are read, so that the peak memory is the
//! command's; the time it takes to make them is measured apart and shown.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use permitgate_cli::{Io, Streams};

/// Lines that are made once and come again, with their own numbers as ids.
const VARIED: u64 = 4096;

const LINES: [u64; 2] = [100_000, 1_000_000];

fn main() -> Result<(), Box<dyn Error>> {
    let policy = std::env::temp_dir().join(format!("decide-speed-{}.json", std::process::id()));
    std::fs::write(&policy, policy_text())?;
    let threads = std::env::args().nth(1).unwrap_or_else(|| "1".to_owned());
    println!("threads: {threads}");
    for lines in LINES {
        let made = (Instant::now(), processor_seconds());
        let bytes = io::copy(&mut Lines::new(lines), &mut io::sink())?;
        let making = (made.0.elapsed(), processor_seconds() - made.1);
        let (allowed, errors) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let output = Tally { allowed: Arc::clone(&allowed), errors: Arc::clone(&errors) };
        let started = (Instant::now(), processor_seconds());
        let args = ["permitgate", "decide", "--quiet", "--threads", &threads, "-p"];
        let args = args.map(Into::into).into_iter().chain([policy.clone().into_os_string()]);
        let code = permitgate_cli::run(
            args,
            Io::of(Streams {
                input: Box::new(Lines::new(lines)),
                output: Box::new(output),
                errors: Box::new(io::stderr()),
            }),
        );
        let took = (started.0.elapsed(), processor_seconds() - started.1);
        let per_second = |seconds: f64| lines as f64 / seconds;
        println!(
            "{lines} lines of {} bytes (exit code {code}): {:.0} calls/s, {:.0} without making them; per second of \
             one processor {:.0}, {:.0} without making them; allowed {} %, errors {}, peak memory {}",
            bytes / lines,
            per_second(took.0.as_secs_f64()),
            per_second(took.0.saturating_sub(making.0).as_secs_f64()),
            per_second(took.1),
            per_second(took.1 - making.1),
            allowed.load(Ordering::Relaxed) * 100 / lines,
            errors.load(Ordering::Relaxed),
            peak_memory(),
        );
    }
    std::fs::remove_file(&policy)?;
    Ok(())
}

/// Counts decisions and throws them away.
struct Tally {
    allowed: Arc<AtomicU64>,
    errors: Arc<AtomicU64>,
}

impl Write for Tally {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = |what: &[u8]| memchr::memmem::find_iter(bytes, what).count() as u64;
        self.allowed.fetch_add(count(b"\"decision\":\"allow\""), Ordering::Relaxed);
        self.errors.fetch_add(count(b",\"error\":"), Ordering::Relaxed);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream of lines that are made when they are read.
struct Lines {
    varied: Vec<String>,
    next: u64,
    count: u64,
    line: Vec<u8>,
    sent: usize,
}

impl Lines {
    fn new(count: u64) -> Self {
        let varied = (0..VARIED).map(line).collect();
        Self { varied, next: 0, count, line: Vec::new(), sent: 0 }
    }
}

impl Read for Lines {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        loop {
            let rest = self.line.get(self.sent..).unwrap_or_default();
            let space = room.get_mut(filled..).unwrap_or_default();
            let count = rest.len().min(space.len());
            if let (Some(to), Some(from)) = (space.get_mut(..count), rest.get(..count)) {
                to.copy_from_slice(from);
            }
            filled += count;
            self.sent += count;
            if self.sent < self.line.len() || self.next == self.count {
                return Ok(filled);
            }
            let body = self.varied.get((self.next % VARIED) as usize).map_or("", String::as_str);
            self.line.clear();
            writeln!(self.line, "{{\"id\":{},{body}", self.next)?;
            self.sent = 0;
            self.next += 1;
        }
    }
}

const PEOPLE: u64 = 50;
const TOOLS: u64 = 20;

fn person(number: u64) -> String {
    format!("person{}@example.com", number % PEOPLE)
}

/// One call without its id; about 300 bytes, as agents send them.
fn line(seed: u64) -> String {
    let n = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
    let (tool, invoker) = (n % TOOLS, person(n / 7));
    let to = match n % 5 {
        0 => "stranger@elsewhere.example".to_owned(),
        _ => person(n / 11),
    };
    let body = "Please find the figures for the week below; the rest follows on Monday, when all are back in.";
    let arguments = match tool % 4 {
        0 => format!(
            "\"recipients\":[\"{to}\",\"{}\"],\"subject\":\"Figures\",\"body\":\"{body}\",\"cents\":{}",
            person(n / 13),
            n % 20_000
        ),
        1 => format!("\"folder\":\"inbox{}\",\"query\":\"{body}\",\"limit\":{}", n % 30, n % 100),
        2 => format!(
            "\"method\":\"{}\",\"path\":\"projects/p{}/items\",\"note\":\"{body}\\n\"",
            ["GET", "POST", "DELETE"][(n % 3) as usize],
            n % 40
        ),
        _ => format!(
            "\"thread\":\"{}\",\"visibility\":\"{}\",\"text\":\"{body}\"",
            n % 9000,
            ["team", "public"][(n % 2) as usize]
        ),
    };
    format!(
        "\"tool\":\"tool{tool}\",\"invoker\":\"{invoker}\",\"agent\":\"assistant\",\
         \"bind\":{{\"project\":\"apollo\"}},\"arguments\":{{{arguments}}}}}"
    )
}

fn policy_text() -> String {
    let mut statements = Vec::new();
    let mut tools = Vec::new();
    for tool in 0..TOOLS {
        let effect = match tool % 4 {
            0 => "{\"operation\":\"create\",\"resource\":\"mail/{invoker}/outbox\",\
                   \"audience\":{\"recipients\":[\"recipients\"]},\"amounts\":[\"cents\"]}"
                .to_owned(),
            1 => "{\"operation\":\"read\",\"resource\":\"mail/{invoker}/{args.folder}\"}".to_owned(),
            2 => ["read", "create", "delete"]
                .iter()
                .zip(["GET", "POST", "DELETE"])
                .map(|(operation, method)| {
                    format!(
                        "{{\"operation\":\"{operation}\",\"resource\":\"files/{{args.path/**}}\",\
                         \"when\":[{{\"argument\":\"method\",\"equals\":\"{method}\"}}]}}"
                    )
                })
                .collect::<Vec<_>>()
                .join(","),
            _ => "{\"operation\":\"create\",\"resource\":\"forum/{args.thread}/replies\",\
                   \"audience\":{\"flag\":\"visibility\",\"values\":{\"team\":\"internal\",\"public\":\"public\"}}}"
                .to_owned(),
        };
        tools.push(format!("{{\"name\":\"tool{tool}\",\"effect\":[{effect}]}}"));
        let name = |part: &str| format!("\"id\":\"{part}-{tool}\",\"tools\":[\"tool{tool}\"]");
        statements.extend([
            format!("{{{},\"effect\":\"permit\",\"operations\":\"create\",\"resources\":[\"mail/{{invoker}}/outbox\"],\
                     \"readers\":\"internal\",\"when\":[{{\"argument\":\"cents\",\"at_most\":10000}}]}}", name("send")),
            format!("{{{},\"effect\":\"permit\",\"operations\":\"read\",\"resources\":[\"mail/{{invoker}}/*\"]}}", name("read")),
            format!("{{{},\"effect\":\"permit\",\"operations\":[\"read\",\"create\"],\"resources\":[\"files/projects/*/**\"]}}", name("files")),
            format!("{{{},\"effect\":\"require_approval\",\"operations\":\"delete\",\"resources\":[\"files/**\"]}}", name("delete")),
            format!("{{{},\"effect\":\"permit\",\"operations\":\"create\",\"resources\":[\"forum/*/replies\"],\"readers\":\"internal\"}}", name("reply")),
        ]);
    }
    let mut people = String::new();
    for number in 0..PEOPLE {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(people, "{comma}\"{}\"", person(number));
    }
    format!(
        "{{\"directory\":{{\"organisation_domains\":[\"example.com\"],\"principals\":[{people}]}},\
         \"statement\":[{}],\"guardrail\":[{{\"id\":\"no-administration\",\"effect\":\"forbid\",\
         \"operations\":\"administer\"}}],\"tool\":[{}]}}",
        statements.join(","),
        tools.join(",")
    )
}

/// Processor time of this thread, where the system tells; a machine with other work does not distort it.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = stat.split(' ').next().and_then(|first| first.parse::<f64>().ok());
    nanoseconds.unwrap_or(f64::NAN) / 1e9
}

/// The most memory that this process ever held, where the system tells.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or_else(|| "unknown".to_owned(), |peak| peak.trim().to_owned())
}
