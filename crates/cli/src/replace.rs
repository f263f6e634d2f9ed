//! Files that are put in place in one step, so that none is ever half written.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::fault::Fault;

/// Puts the text in the place of the file. A file that is there keeps its mode, and one that is not is made.
pub(crate) fn replace(file: &Path, text: &str) -> Result<(), Fault> {
    let fault = |error| Fault::file(file, &error);
    // A link stays a link; what it points to is replaced.
    let (target, permissions) = match fs::canonicalize(file) {
        Ok(target) => {
            let permissions = fs::metadata(&target).map_err(fault)?.permissions();
            (target, Some(permissions))
        }
        // A link that points to nothing is left alone.
        Err(error)
            if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(file).is_err() =>
        {
            (file.to_owned(), None)
        }
        Err(error) => return Err(fault(error)),
    };
    let beside = beside(&target);
    let mut new =
        fs::OpenOptions::new().write(true).create_new(true).open(&beside).map_err(fault)?;
    let written = new
        .write_all(text.as_bytes())
        .and_then(|()| permissions.map_or(Ok(()), |permissions| new.set_permissions(permissions)))
        .and_then(|()| new.sync_all())
        .and_then(|()| fs::rename(&beside, &target));
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        Fault::file(file, &error)
    })
}

/// A name for the new text, in the same folder.
fn beside(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    target.with_file_name(name)
}
