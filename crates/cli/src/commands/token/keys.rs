//! `token keygen` and `token public`.

use permitgate::token::{SharedSecret, SigningKey};
use serde::Serialize;

use super::keep::{self, Secret};
use super::refused;
use crate::EXIT_FINE;
use crate::args::token::{Keygen, Public};
use crate::fault::Fault;
use crate::io::Io;
use crate::paint::plain;

/// What is public of a key, as it is written in JSON.
#[derive(Serialize)]
struct Row {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<String>,
    key_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

impl Row {
    fn of(secret: &Secret, file: Option<String>) -> Self {
        match secret {
            Secret::Signing(key) => Self {
                kind: "ed25519",
                public_key: Some(key.public_key().to_string()),
                key_id: key.id().to_string(),
                file,
            },
            Secret::Shared(secret) => {
                Self { kind: "shared", public_key: None, key_id: secret.id().to_string(), file }
            }
        }
    }
}

pub(super) fn keygen(args: &Keygen, json: bool, io: &mut Io) -> Result<u8, Fault> {
    if args.out.as_os_str() == "-" {
        return Err(keep::flag("--out", "a secret key goes into a file, not to the output"));
    }
    let secret = if args.shared {
        SharedSecret::generate().map(Secret::Shared)
    } else {
        SigningKey::generate().map(Secret::Signing)
    };
    let secret = secret.map_err(|error| refused("keygen", &error))?;
    let text = match &secret {
        Secret::Signing(key) => key.to_text(),
        Secret::Shared(secret) => secret.to_text(),
    };
    keep::write_secret(&args.out, &text, args.force)?;
    let file = args.out.display().to_string();
    let row = Row::of(&secret, Some(file));
    if json {
        io.json(&row)?;
    } else {
        let Row { public_key, key_id, file, .. } = row;
        io.line(format_args!("secret key: {}", plain(&file.unwrap_or_default())))?;
        if let Some(public_key) = public_key {
            io.line(format_args!("public key: {public_key}"))?;
        }
        io.line(format_args!("key id:     {key_id}"))?;
    }
    Ok(EXIT_FINE)
}

pub(super) fn public(args: &Public, json: bool, io: &mut Io) -> Result<u8, Fault> {
    let secret = keep::key(&args.key, io)?;
    let row = Row::of(&secret, None);
    if json {
        io.json(&row)?;
        return Ok(EXIT_FINE);
    }
    match row.public_key {
        Some(public_key) => io.line(public_key)?,
        None => {
            let why =
                "a shared secret has no public half; whoever verifies needs the secret itself";
            return Err(Fault::said(format!("{why} (key id {})", row.key_id)));
        }
    }
    Ok(EXIT_FINE)
}
