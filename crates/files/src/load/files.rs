//! Reading a root file and all that it includes.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::fault::{Code, Fault};
use crate::limits::{MAX_FILE_BYTES, MAX_FILES, MAX_INCLUDE_DEPTH, MAX_TOTAL_BYTES};
use crate::lock::{Lock, Placed, read};
use crate::source::{Source, Span};
use crate::tree::{Content, Node, json, toml};

/// The texts of a bundle, and the trees of those that could be parsed.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) sources: Vec<Source>,
    pub(crate) trees: Vec<Node>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) read: Vec<Seen>,
    /// The tools as they were approved, with the places of their names.
    pub(crate) lock: Placed,
}

/// A file as it was when it was read: by which a change is noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// As it was named: where a link is turned to another file, that one is read.
    pub(crate) path: PathBuf,
    /// With links followed, by which a file is known.
    place: PathBuf,
    /// A hash of its content, or of why it could not be read; `None` where there is none.
    pub(crate) hash: Option<u64>,
}

impl Seen {
    /// Whether the file is as it was.
    pub(crate) fn is_unchanged(&self) -> bool {
        state_of(&read_bytes(&self.path)) == self.hash
    }
}

/// By what a file is told from itself at another time.
fn state_of(read: &Result<Vec<u8>, Trouble>) -> Option<u64> {
    match read {
        Ok(bytes) => Some(hash_of(bytes)),
        Err(Trouble::Io(error)) if error.kind() == ErrorKind::NotFound => None,
        Err(Trouble::Io(error)) => Some(hash_of(error.kind().to_string().as_bytes())),
        Err(Trouble::NotAFile) => Some(hash_of(b"not a file")),
        Err(Trouble::TooLarge) => Some(hash_of(b"too large")),
    }
}

fn hash_of(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

enum Trouble {
    Io(std::io::Error),
    NotAFile,
    TooLarge,
}

/// Never more than a file may hold, and nothing that is not a plain file: a pipe would never end.
fn read_bytes(path: &Path) -> Result<Vec<u8>, Trouble> {
    if !std::fs::metadata(path).map_err(Trouble::Io)?.is_file() {
        return Err(Trouble::NotAFile);
    }
    let file = File::open(path).map_err(Trouble::Io)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(Trouble::Io)?;
    if bytes.len() > MAX_FILE_BYTES { Err(Trouble::TooLarge) } else { Ok(bytes) }
}

impl Files {
    /// A bundle of one text, which cannot include others.
    pub(crate) fn from_text(name: &str, text: String) -> Self {
        let mut files = Self::default();
        if text.len() > MAX_FILE_BYTES {
            files.sources.push(Source::new(name, String::new()));
            files.faults.push(too_large(Span::default(), "the text"));
            return files;
        }
        files.add(PathBuf::from(name), text);
        let included = files.trees.first().and_then(|tree| tree.entry("include"));
        if let Some((key, _)) = included {
            let message = "a text that does not come from a file cannot include files";
            files.faults.push(Fault::new(Code::IncludeOutside, key.span, message));
        }
        files
    }

    /// The root file, all that it includes, and the lock beside it.
    pub(crate) fn load(root: &Path, allow_outside: bool) -> Self {
        let mut files = Self::load_unlocked(root, allow_outside);
        files.read_lock(Lock::beside(root));
        files
    }

    /// The same without the lock, which is about tools.
    pub(crate) fn load_unlocked(root: &Path, allow_outside: bool) -> Self {
        let mut files = Self::default();
        let folder = root.parent().map(|folder| match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => folder,
        });
        let folder = folder.and_then(|folder| folder.canonicalize().ok()).unwrap_or_default();
        let rule = Rule { folder, allow_outside };
        files.visit(&rule, root.to_owned(), None, &mut Vec::new());
        files
    }

    /// Reads the lock, where there is one. Its absence is remembered, so that one that comes is seen.
    fn read_lock(&mut self, path: PathBuf) {
        let bytes = read_bytes(&path);
        let hash = state_of(&bytes);
        self.read.push(Seen { path: path.clone(), place: path.clone(), hash });
        // A link to what is not there is no missing lock: it would unpin every tool.
        if hash.is_none() && std::fs::symlink_metadata(&path).is_err() {
            return;
        }
        let file = self.sources.len() as u32;
        let text = self.text_of(&path, Span::new(file, 0..0), bytes);
        if self.sources.len() == file as usize {
            self.sources.push(Source::new(path, text.clone().unwrap_or_default()));
        }
        let Some(source) = text.and_then(|_| self.sources.last()) else { return };
        match read(file, &source.text) {
            Ok(placed) => self.lock = placed,
            Err(mut faults) => self.faults.append(&mut faults),
        }
    }

    /// Reads one file, then those that it includes; `from` is where it is named.
    fn visit(&mut self, rule: &Rule, path: PathBuf, from: Option<Span>, above: &mut Vec<PathBuf>) {
        let file = self.sources.len() as u32;
        let at = from.unwrap_or_else(|| Span::new(file, 0..0));
        let place = path.canonicalize().unwrap_or_else(|_| path.clone());
        if let Some(fault) = self.refuse(&place, from, above) {
            self.faults.push(fault);
            return;
        }
        if self.read.iter().any(|seen| seen.place == place) {
            return;
        }
        let read = read_bytes(&place);
        let hash = state_of(&read);
        self.read.push(Seen { path: path.clone(), place: place.clone(), hash });
        let text = self.text_of(&path, at, read);
        if text.is_none() && self.sources.is_empty() {
            // The root file has a name also where it has no text.
            self.sources.push(Source::new(path, String::new()));
            return;
        }
        let Some(text) = text else { return };
        let included = self.add(path.clone(), text);
        above.push(place);
        for (name, span) in included {
            let below = path.parent().unwrap_or(Path::new("")).join(&name);
            if rule.allows(Path::new(&name), &below) {
                self.visit(rule, below, Some(span), above);
            } else {
                let message = format!("`{name}` lies outside the folder of the root file");
                let fault = Fault::new(Code::IncludeOutside, span, message);
                self.faults.push(
                    fault.hint(
                        "move it there; a program can also load with `Options::allow_outside`",
                    ),
                );
            }
        }
        above.pop();
    }

    fn text_of(&mut self, path: &Path, at: Span, read: Result<Vec<u8>, Trouble>) -> Option<String> {
        let name = format!("`{}`", path.display());
        let unreadable = |why: String| Fault::new(Code::Unreadable, at, why);
        let fault = match read {
            Err(Trouble::TooLarge) => too_large(at, &name),
            Err(Trouble::NotAFile) => unreadable(format!("{name} is not a file")),
            Err(Trouble::Io(error)) => {
                unreadable(format!("{name} cannot be read: {}", error.kind()))
            }
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => return Some(text),
                Err(error) => {
                    let byte = error.utf8_error().valid_up_to();
                    let file = self.sources.len() as u32;
                    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                    let start =
                        if text.starts_with('\u{feff}') { byte.saturating_sub(3) } else { byte };
                    self.sources.push(Source::new(path, text));
                    let message = format!("{name} is not UTF-8 from here on");
                    let span = Span::new(file, start..start + '\u{fffd}'.len_utf8());
                    Fault::new(Code::NotUtf8, span, message).hint("save it as UTF-8")
                }
            },
        };
        self.faults.push(fault);
        None
    }

    /// Parses one text, and gives the names in its `include` with their places.
    fn add(&mut self, path: PathBuf, text: String) -> Vec<(String, Span)> {
        let file = self.sources.len() as u32;
        let source = Source::new(path, text);
        let tree = parsed(file, &source);
        self.sources.push(source);
        let tree = match tree {
            Ok(tree) => tree,
            Err(fault) => {
                self.faults.push(fault);
                return Vec::new();
            }
        };
        let included = self.included(&tree);
        self.trees.push(tree);
        included
    }

    fn included(&mut self, tree: &Node) -> Vec<(String, Span)> {
        let Some(node) = tree.get("include") else { return Vec::new() };
        let mut names = Vec::new();
        let wrong = |node: &Node| {
            let message = format!("`include` takes names of files in a list, not {}", node.kind());
            Fault::new(Code::WrongType, node.span, message)
                .hint("as in `include = [\"people.toml\"]`")
        };
        if !matches!(node.value, Content::List(_)) {
            self.faults.push(wrong(node));
        }
        for item in node.items() {
            match item.text() {
                Some(name) => names.push((name.to_owned(), item.span)),
                None => self.faults.push(wrong(item)),
            }
        }
        names
    }

    fn refuse(&self, place: &Path, from: Option<Span>, above: &[PathBuf]) -> Option<Fault> {
        let at = from?;
        if let Some(first) = above.iter().position(|other| other == place) {
            let names = above.iter().skip(first).map(PathBuf::as_path).chain([place]);
            let names: Vec<String> = names
                .map(|path| path.file_name().unwrap_or_default().display().to_string())
                .collect();
            let message = format!("files include one another in a circle: {}", names.join(" → "));
            return Some(Fault::new(Code::IncludeCircle, at, message));
        }
        if above.len() >= MAX_INCLUDE_DEPTH {
            let message = format!("files include one another more than {MAX_INCLUDE_DEPTH} deep");
            return Some(Fault::new(Code::IncludeDepth, at, message));
        }
        if self.read.len() >= MAX_FILES {
            let message = format!("more than {MAX_FILES} files");
            return Some(Fault::new(Code::TooManyFiles, at, message));
        }
        let total: usize = self.sources.iter().map(|source| source.text.len()).sum();
        (total > MAX_TOTAL_BYTES).then(|| {
            let message = format!("all files together have more than {MAX_TOTAL_BYTES} bytes");
            Fault::new(Code::TooLarge, at, message)
        })
    }
}

/// The tree of a text, in the format that its name tells.
pub(crate) fn parsed(file: u32, source: &Source) -> Result<Node, Fault> {
    let ending = source.path().extension().and_then(|ending| ending.to_str());
    match ending {
        Some("toml") => toml::parse(file, &source.text),
        Some("json") => json::parse(file, &source.text),
        _ => {
            let message = "the format of a file is told by its name";
            let fault = Fault::new(Code::UnknownFormat, Span::new(file, 0..0), message);
            Err(fault.hint("let the name end in `.toml` or `.json`"))
        }
    }
}

/// Which files may be included.
struct Rule {
    folder: PathBuf,
    allow_outside: bool,
}

impl Rule {
    /// Symbolic links are followed first, so that none leads outside. What is not there is told as such,
    /// unless its name alone leads outside.
    fn allows(&self, name: &Path, path: &Path) -> bool {
        let inside = match path.canonicalize() {
            Ok(place) => place.starts_with(&self.folder),
            Err(_) => {
                !name.is_absolute() && !name.components().any(|part| part.as_os_str() == "..")
            }
        };
        self.allow_outside || inside
    }
}

fn too_large(at: Span, name: &str) -> Fault {
    let message = format!("{name} has more than {MAX_FILE_BYTES} bytes");
    Fault::new(Code::TooLarge, at, message).hint("split it with `include`")
}
