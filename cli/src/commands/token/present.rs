//! What is presented beside a token: a proof of possession, attestations, the one action it is for.

use portcullis::limits::MAX_ATTESTATION_BYTES;
use portcullis::{
    Action, Attestation, Capability, Presentation, Proof, Timestamp, Token, TokenError, Verifier,
};
use portcullis_files::json::Json;

use crate::args::token::Beside;
use crate::call::ActionLine;
use crate::decider::with_action;
use crate::fault::Fault;
use crate::io::Io;

/// Bytes that an action, or a proof, may have.
const MAX_BESIDE: u64 = 4 * 1024 * 1024;

/// What the verifier says of the token together with all of it.
pub(super) fn present(
    beside: &Beside,
    verifier: &Verifier,
    token: &str,
    at: Timestamp,
    io: &mut Io,
) -> Result<Result<Capability, TokenError>, Fault> {
    let proof = beside.proof.as_ref().map(|path| io.read_bytes(path, MAX_BESIDE)).transpose()?;
    let mut said = Vec::new();
    for path in &beside.attestation {
        said.push(io.read_bytes(path, MAX_ATTESTATION_BYTES as u64)?);
    }
    let judge = |action: Option<&Action<'_>>| {
        let token = Token::from_text(token)?.to_bytes()?;
        let proof = proof.as_deref().map(Proof::decode).transpose()?;
        let said = said.iter().map(|bytes| Attestation::decode(bytes));
        let said = said.collect::<Result<Vec<_>, _>>()?;
        let mut presentation = Presentation::of(&token);
        if let Some(proof) = &proof {
            presentation = presentation.proof(proof);
        }
        for one in &said {
            presentation = presentation.attestation(one);
        }
        if let Some(action) = action {
            presentation = presentation.for_action(action);
        }
        verifier.present(&presentation, at)
    };
    let Some(path) = &beside.action else { return Ok(judge(None)) };
    let text = io.read(path, MAX_BESIDE)?;
    let line = Json::parse(text.trim_start_matches('\u{feff}')).map_err(Into::into);
    let line = line.and_then(ActionLine::of);
    let line = line.map_err(|error| Fault::said(format!("{}: {error}", path.display())))?;
    Ok(with_action(&line, |action| judge(Some(&action))))
}
