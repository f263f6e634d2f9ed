//! Where secrets come from and go to: files that only their owner can read, the environment, the standard input.

use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use permitgate::limits::MAX_TOKEN_BYTES;
use permitgate::token::{IssuerKey, PublicKey, SharedSecret, SigningKey, Token};
use zeroize::Zeroizing;

use super::refused;
use crate::args::token::{Key, Source};
use crate::fault::Fault;
use crate::io::Io;

/// Bytes that the text of a key may have, with what editors put around it.
const MAX_KEY: usize = 256;
/// Bytes that the text of a token may have.
const MAX_TOKEN: usize = MAX_TOKEN_BYTES * 2;

/// A secret that tokens are minted with.
pub(super) enum Secret {
    Signing(SigningKey),
    Shared(SharedSecret),
}

impl<'k> From<&'k Secret> for IssuerKey<'k> {
    fn from(secret: &'k Secret) -> Self {
        match secret {
            Secret::Signing(key) => key.into(),
            Secret::Shared(secret) => secret.into(),
        }
    }
}

/// What a secret was read from, as messages call it.
type Place = String;

/// The key of whoever mints or signs.
pub(super) fn key(args: &Key, io: &mut Io) -> Result<Secret, Fault> {
    let (place, text) = match (&args.key, &args.key_env) {
        (Some(path), _) => secret_file(path, io)?,
        (None, name) => variable(name.as_deref().unwrap_or_default(), MAX_KEY)?,
    };
    secret(&place, &text)
}

/// The same, where a shared secret will not do.
pub(super) fn signing_key(args: &Key, io: &mut Io) -> Result<SigningKey, Fault> {
    match key(args, io)? {
        Secret::Signing(key) => Ok(key),
        Secret::Shared(_) => Err(not_signing("the key")),
    }
}

/// The key of a holder, where one is named.
pub(super) fn holder_key(
    path: Option<&Path>,
    name: Option<&str>,
    io: &mut Io,
) -> Result<Option<SigningKey>, Fault> {
    match named(path, name, io)? {
        None => Ok(None),
        Some((_, Secret::Signing(key))) => Ok(Some(key)),
        Some((place, Secret::Shared(_))) => Err(not_signing(&place)),
    }
}

/// A secret that is shared with the minter, where one is named.
pub(super) fn shared(
    path: Option<&Path>,
    name: Option<&str>,
    io: &mut Io,
) -> Result<Option<SharedSecret>, Fault> {
    match named(path, name, io)? {
        None => Ok(None),
        Some((_, Secret::Shared(secret))) => Ok(Some(secret)),
        Some((place, Secret::Signing(_))) => Err(Fault::said(format!(
            "{place}: a signing key, where a shared secret is expected; to verify, name its public half with `--trust`"
        ))),
    }
}

fn named(
    path: Option<&Path>,
    name: Option<&str>,
    io: &mut Io,
) -> Result<Option<(Place, Secret)>, Fault> {
    let (place, text) = match (path, name) {
        (Some(path), _) => secret_file(path, io)?,
        (None, Some(name)) => variable(name, MAX_KEY)?,
        (None, None) => return Ok(None),
    };
    let secret = secret(&place, &text)?;
    Ok(Some((place, secret)))
}

fn not_signing(place: &str) -> Fault {
    Fault::said(format!(
        "{place}: a shared secret, where an Ed25519 key is needed; `permitgate token keygen` makes one"
    ))
}

fn secret(place: &str, text: &str) -> Result<Secret, Fault> {
    let text = text.trim();
    let read = match text.get(..6) {
        Some("pgsk1_") => SigningKey::from_text(text).ok().map(Secret::Signing),
        Some("pgss1_") => SharedSecret::from_text(text).ok().map(Secret::Shared),
        _ => None,
    };
    read.ok_or_else(|| {
        let what = if text.starts_with("pgpk1_") {
            "a public key, where its secret half is needed"
        } else if text.starts_with("pgt1_") {
            "a token, where a secret key is needed"
        } else {
            "no secret key (`pgsk1_` or `pgss1_` and 48 characters), or a damaged one; \
             `permitgate token keygen` makes one"
        };
        Fault::said(format!("{place}: {what}"))
    })
}

/// A public key that stands in the argument itself or in the file that it names.
pub(super) fn public_key(argument: &Path, io: &mut Io) -> Result<PublicKey, Fault> {
    if let Some(text) = argument.to_str().filter(|text| text.starts_with("pgpk1_")) {
        let key = text.parse();
        return key.map_err(|error| refused(format_args!("public key `{text}`"), &error));
    }
    let place = argument.display();
    let text = read_secret(argument, MAX_KEY, io)?;
    text.trim().parse().map_err(|_| {
        let what = match text.trim().get(..6) {
            Some("pgsk1_") => {
                "a secret key, where its public half is enough; `permitgate token public` prints it"
            }
            Some("pgss1_") => "a shared secret, where a public key is expected",
            _ => "no public key (`pgpk1_` and 48 characters), or a damaged one",
        };
        Fault::said(format!("{place}: {what}"))
    })
}

/// The text of a token, and where it was read.
pub(super) fn token_text(
    source: &Source,
    io: &mut Io,
) -> Result<(Place, Zeroizing<String>), Fault> {
    if let Some(name) = &source.token_env {
        return variable(name, MAX_TOKEN);
    }
    let place = match source.token.as_os_str() == "-" {
        true => "the standard input".to_owned(),
        false => source.token.display().to_string(),
    };
    Ok((place, read_secret(&source.token, MAX_TOKEN, io)?))
}

/// A token, and where it was read.
pub(super) fn token(source: &Source, io: &mut Io) -> Result<(Place, Token), Fault> {
    let (place, text) = token_text(source, io)?;
    match Token::from_text(&text) {
        Ok(token) => Ok((place, token)),
        Err(error) => Err(refused(place, &error)),
    }
}

fn variable(name: &str, most: usize) -> Result<(Place, Zeroizing<String>), Fault> {
    let place = format!("the environment variable `{}`", permitgate::text::visible(name));
    // Neither of these names may stand in a variable's name, and some systems panic on them.
    if name.is_empty() || name.contains(['=', '\0']) {
        return Err(Fault::said(format!("{place}: no name of a variable")));
    }
    let Some(value) = std::env::var_os(name) else {
        return Err(Fault::said(format!("{place} is not set")));
    };
    match value.into_string().map(Zeroizing::new) {
        Ok(text) if text.len() <= most => Ok((place, text)),
        Ok(_) => Err(Fault::said(format!("{place}: longer than {most} bytes"))),
        Err(_) => Err(Fault::said(format!("{place}: not UTF-8"))),
    }
}

/// The text of a secret key in a file that nobody else should be able to read.
fn secret_file(path: &Path, io: &mut Io) -> Result<(Place, Zeroizing<String>), Fault> {
    if let Some(mode) = open_to_others(path) {
        io.remark(&format!(
            "{}: warning: others can read this secret (mode {mode:o}); `chmod 600` keeps it to you",
            path.display()
        ));
    }
    Ok((path.display().to_string(), read_secret(path, MAX_KEY, io)?))
}

/// The permissions of a file that others than its owner can open.
#[cfg(unix)]
fn open_to_others(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let about = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let mode = about.permissions().mode() & 0o777;
    (path.as_os_str() != "-" && mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn open_to_others(_path: &Path) -> Option<u32> {
    None
}

/// Reads into room that is wiped, and that need not grow on the way.
fn read_secret(path: &Path, most: usize, io: &mut Io) -> Result<Zeroizing<String>, Fault> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(most + 64));
    let read = io.open(path)?.take(most as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| Fault::file(path, &error))?;
    if bytes.len() > most {
        let what = if most == MAX_KEY { "key" } else { "token" };
        let why = format!("longer than {most} bytes, so it is no {what}");
        return Err(Fault::said(format!("{}: {why}", path.display())));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(Fault::said(format!("{}: not UTF-8", path.display()))),
    }
}

/// Writes a secret to a file that its owner alone can read. An existing one is left alone without `force`.
pub(super) fn write_secret(path: &Path, text: &str, force: bool) -> Result<(), Fault> {
    let target = if force { beside(path) } else { path.to_owned() };
    let mut file = create(&target).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists if !force => Fault::said(format!(
            "{}: there is such a file already; `--force` overwrites it",
            path.display()
        )),
        _ => Fault::file(path, &error),
    })?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all())
        .and_then(|()| if force { fs::rename(&target, path) } else { Ok(()) });
    written.map_err(|error| {
        let _ = fs::remove_file(&target);
        Fault::file(path, &error)
    })
}

/// Never an existing file, and never one that others could have opened before it was closed to them.
fn create(path: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A name for what will take the place of a file, in the same folder.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}

/// Only the standard output shows where it goes by nothing.
pub(super) fn file_of(out: Option<&PathBuf>) -> Option<&Path> {
    out.map(PathBuf::as_path).filter(|path| path.as_os_str() != "-")
}

/// A message about a flag.
pub(super) fn flag(name: &str, what: impl Display) -> Fault {
    Fault::said(format!("`{name}`: {what}"))
}
