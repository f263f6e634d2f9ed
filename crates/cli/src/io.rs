//! The streams that a command works on, and what it says where.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};

use crate::args::Colour;
use crate::fault::Fault;
use crate::paint::{Paint, uncovered};
use crate::secret::redacted;

/// Bytes that are written at once.
pub(crate) const BUFFER: usize = 256 * 1024;

/// Standard streams, or what stands for them.
pub struct Streams {
    /// What is read where no file is named, or `-`.
    pub input: Box<dyn Read + Send>,
    /// Answers.
    pub output: Box<dyn Write + Send>,
    /// Complaints, warnings and progress.
    pub errors: Box<dyn Write + Send>,
}

/// The streams of one run, with what is known of the terminals behind them.
pub struct Io {
    streams: Streams,
    pending: Vec<u8>,
    input_taken: bool,
    /// Whether answers go to a terminal, and whether colours suit whatever they go to; likewise below.
    output_terminal: bool,
    output_suits: bool,
    errors_terminal: bool,
    errors_suit: bool,
    output_colours: bool,
    errors_colours: bool,
}

impl Io {
    /// The streams of this process.
    pub fn of_process() -> Self {
        let streams = Streams {
            input: Box::new(io::stdin()),
            // What is painted is settled before it is written. The library passes it on, and on old Windows consoles
            // translates it.
            output: Box::new(AutoStream::always(io::stdout())),
            errors: Box::new(AutoStream::always(io::stderr())),
        };
        let mut io = Self::of(streams);
        io.output_terminal = io::stdout().is_terminal();
        io.output_suits = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
        io.errors_terminal = io::stderr().is_terminal();
        io.errors_suit = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
        io.settle_colours(Colour::Auto);
        io
    }

    /// Streams that are no terminals.
    pub fn of(streams: Streams) -> Self {
        Self {
            streams,
            pending: Vec::new(),
            input_taken: false,
            output_terminal: false,
            output_suits: false,
            errors_terminal: false,
            errors_suit: false,
            output_colours: false,
            errors_colours: false,
        }
    }

    pub(crate) fn settle_colours(&mut self, colour: Colour) {
        let settle = |suits: bool| match colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => suits,
        };
        self.output_colours = settle(self.output_suits);
        self.errors_colours = settle(self.errors_suit);
    }

    pub(crate) fn output_colours(&self) -> bool {
        self.output_colours
    }

    /// Whether progress makes sense: somebody looks at it, and it does not mix with the answers.
    pub(crate) fn shows_progress(&self) -> bool {
        self.errors_terminal && !self.output_terminal
    }

    /// How to paint answers.
    pub(crate) fn paint(&self) -> Paint {
        Paint::new(self.output_colours)
    }

    /// Writes an answer, together with others.
    pub(crate) fn print(&mut self, text: &str) -> io::Result<()> {
        self.pending.extend_from_slice(text.as_bytes());
        if self.pending.len() < BUFFER { Ok(()) } else { self.flush() }
    }

    /// Writes a line of an answer.
    pub(crate) fn line(&mut self, text: impl std::fmt::Display) -> Result<(), Fault> {
        self.print(&format!("{text}\n")).map_err(Fault::output)
    }

    /// Writes a value as one line of JSON, in which what nobody would see is escaped.
    pub(crate) fn json(&mut self, value: &impl serde::Serialize) -> Result<(), Fault> {
        let text = serde_json::to_string(value).map_err(|error| Fault::said(error.to_string()))?;
        self.line(permitgate::text::visible(&text).as_json())
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.streams.output.write_all(&self.pending)?;
        self.pending.clear();
        self.streams.output.flush()
    }

    /// Says what is wrong. Where even that cannot be said, the exit code has to do.
    pub(crate) fn complain(&mut self, message: &str) {
        self.mention(Paint::new(self.errors_colours).bad("error"), message);
    }

    /// Says what should be looked at.
    pub(crate) fn remark(&mut self, message: &str) {
        let _ = self.flush();
        let shown = uncovered(&redacted(message));
        let _ = writeln!(self.streams.errors, "permitgate: {shown}");
    }

    /// Shows how the command is used to somebody who did not say what they want.
    pub(crate) fn show_help(&mut self, help: &str) {
        let _ = write!(self.streams.errors, "{help}");
    }

    fn mention(&mut self, kind: impl std::fmt::Display, message: &str) {
        let _ = self.flush();
        let shown = uncovered(&redacted(message));
        let _ = writeln!(self.streams.errors, "permitgate: {kind}: {shown}");
    }

    /// The streams for a command that reads and writes at once.
    pub(crate) fn split(&mut self) -> &mut Streams {
        &mut self.streams
    }

    /// Opens a file, or the standard input for `-`.
    pub(crate) fn open(&mut self, path: &Path) -> Result<Box<dyn Read + Send>, Fault> {
        if path.as_os_str() == "-" {
            if std::mem::replace(&mut self.input_taken, true) {
                return Err(Fault::said("`-`: the standard input can be read only once"));
            }
            return Ok(std::mem::replace(&mut self.streams.input, Box::new(io::empty())));
        }
        let file = File::open(path).map_err(|error| Fault::file(path, &error))?;
        // A folder opens on some systems and fails only when it is read.
        match file.metadata() {
            Ok(about) if about.is_dir() => {
                Err(Fault::said(format!("{}: a folder, not a file", path.display())))
            }
            _ => Ok(Box::new(file)),
        }
    }

    /// Reads a whole file of at most `most` bytes.
    pub(crate) fn read(&mut self, path: &Path, most: u64) -> Result<String, Fault> {
        let bytes = self.read_bytes(path, most)?;
        String::from_utf8(bytes).map_err(|_| Fault::said(format!("{}: not UTF-8", path.display())))
    }

    /// The same, of a file that is no text.
    pub(crate) fn read_bytes(&mut self, path: &Path, most: u64) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        let file = self.open(path)?;
        let read = file.take(most + 1).read_to_end(&mut bytes);
        read.map_err(|error| Fault::file(path, &error))?;
        if bytes.len() as u64 > most {
            return Err(Fault::said(format!("{}: longer than {most} bytes", path.display())));
        }
        Ok(bytes)
    }
}
