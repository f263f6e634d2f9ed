//! What is presented beside a token: a proof of possession, attestations, the one action it is for.

use permitgate::limits::MAX_ATTESTATION_BYTES;
use permitgate::record::MemorySink;
use permitgate::time::{ManualClock, Timestamp};
use permitgate::token::{Attestation, Presentation, Proof, Token, TokenError, Verifier};
use permitgate::{Action, Capability, Decision, Gate, Scope};
use permitgate_files::Bundle;
use permitgate_files::json::Json;

use crate::args::token::Beside;
use crate::call::ActionLine;
use crate::fault::Fault;
use crate::io::Io;

/// Bytes that an action, or a proof, may have.
const MAX_BESIDE: u64 = 4 * 1024 * 1024;

/// A capability, and how the action is decided under it where that is asked.
pub(super) struct Presented {
    pub(super) capability: Capability,
    pub(super) decision: Option<Decision>,
}

/// What the verifier says of the token together with all of it. `ceiling` is what an action is decided by.
pub(super) fn present(
    beside: &Beside,
    verifier: &Verifier,
    ceiling: Option<&Bundle>,
    token: &str,
    at: Timestamp,
    io: &mut Io,
) -> Result<Result<Presented, TokenError>, Fault> {
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
    let alone = |capability| Presented { capability, decision: None };
    let Some(path) = &beside.action else { return Ok(judge(None).map(alone)) };
    let text = io.read(path, MAX_BESIDE)?;
    let line = Json::parse(text.trim_start_matches('\u{feff}')).map_err(Into::into);
    let line = line.and_then(ActionLine::of);
    let line = line.map_err(|error| Fault::said(format!("{}: {error}", path.display())))?;
    let action = line.view();
    match (judge(Some(&action)), &beside.invoker, &beside.agent) {
        (Ok(capability), Some(invoker), Some(agent)) => {
            let scope = Scope::builder(&capability).invoker(invoker).agent(agent).build();
            let scope = scope.map_err(|error| Fault::said(error.to_string()))?;
            let gate = ceiling.map_or_else(Gate::builder, Bundle::gate);
            let gate = gate.clock(ManualClock::new(at)).sink(MemorySink::last(1)).build();
            let gate = gate.map_err(|error| Fault::said(error.to_string()))?;
            let decision = Some(gate.decide(&action, &scope));
            Ok(Ok(Presented { capability, decision }))
        }
        (judged, ..) => Ok(judged.map(alone)),
    }
}
