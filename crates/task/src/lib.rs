//! Proposals from English: what a request asks for, and what a listed tool seems to do; and plans of tasks, as data.
//!
//! - [`TaskRequest`] reads a user's request and proposes a policy for the task: what it may do, what it must not, and what waits
//!   for a person.
//! - [`Plan`] is what a planner of the host's choice settles: tools and values, as data. It reads no English.
//! - [`draft`] reads what a server says of its tools and proposes a first manifest.
//!
//! # What it is worth
//!
//! Nothing here is part of what the core promises. The rules of [`TaskRequest`] and [`draft`] read English, they are fixed, and they are wrong
//! sometimes; what they propose is data that a gate decides by like any other policy.
//!
//! **It reads** the request's text, and of a manifest the tools' names, `asked_by` words, controls and effects. No model, no network, no
//! clock: the same text and manifest give the same policy. It takes time in proportion to the text.
//!
//! **It only proposes.** A gate decides each call, under its guardrails, labels and halts. Under an owner's own authority the
//! proposal can only narrow: `owner.attenuate(request.policy(&manifest)?)`. As a root, it is all that a task has.
//!
//! **What it can get wrong.** It takes for asked what a person would not (the verb is right and the meaning another: "share" in
//! "share the credit for it"), and holds or forbids what was asked. A word names every tool that lists it, so a prohibition of
//! one thing can forbid another ("no mails from Lee" forbids to send mails). A request of another language asks for nothing.
//!
//! **What an attacker can do.** Whoever writes the request decides; text pasted into it is the user's own unless a colon, quotation
//! marks or `>` set it apart. Text that is read later (mails, files, pages) is not read here, and changes nothing. Within what was asked
//! for, an attacker has what the gate leaves: values that are endorsed, and audiences within the labels.
//!
//! **Measured**, replaying recorded calls of [AgentDojo](https://github.com/ethz-spylab/agentdojo) (banking and workspace, 56 tasks, 704 attacks):
//! 52 tasks (92.9 %) without a hold, 2 attacks (0.3 %) through, 16 (2.3 %) done in part. The
//! rules were settled after figures of these two suites had been seen; on two suites that nobody had looked at, an earlier
//! form of them came out between 43 % and 100 % of tasks without a hold and between 12 % and 16 % of attacks through.
//!
//! # How a request is read
//!
//! **Asking is a closed grammar.** A sentence asks for something only if it is understood as a plain positive request: an imperative,
//! or one behind "please", "can you", "could you", "I want you to", "I need you to", "I would like you to", "let's". Further
//! clauses join it by a comma, "and", "then" or "but" before a verb and its object. A verb counts in its base form, if this crate knows it. All
//! else asks for nothing, and what it names is held for a person:
//!
//! - questions, and imperatives with a question mark but no "please" or "for me";
//! - conditions ("if", "when", "as needed", "(once approved)", …), but for "if so" behind a question and a choice of two times;
//!   and what is to follow an answer ("ask Lee whether …, and delete it");
//! - statements and reported speech ("Lee asked me to …"), and text behind a colon, unless what stands before it says
//!   that it is the user's own ("Tasks:", "Do the following: …"); text behind words that announce it ("Here is the mail.",
//!   "Summarise the text below."), and a letter that begins within the request ("Hi Dana, …");
//! - quotations, also those that are never closed, what begins within brackets, and sentences with characters that are no
//!   plain writing;
//! - double negations ("do not forget to send …").
//!
//! **A denial asks for nothing, and forbids what it names.** A sentence with a denial ("not", "n't", "no", "never", "without", "avoid",
//! "instead of", …) asks for nothing. The tools that it names from the denied part on (the clause of the denial, or all of
//! the sentence where no clause is told apart) are forbidden; what stood before is held. Words count in all their forms,
//! and so does the verb in a tool's own name. A list behind a denial is denied, and so is what a denial points at ("Do not do the
//! following. …", "Here is what you must not do. …"); where it may ("Do not do this. …"), what follows is held. "Only" holds and
//! forbids nothing.
//!
//! **Where sentences differ, the denial counts.** What one sentence asks for and another denies waits for a person. A denial that names no
//! tool ("never mind", "I do not want that") takes back what was asked before it, and so does a remark of at most three words that is no
//! request and no courtesy ("Oops.", "Is that ok?"), "keep it" and "that is what Lee wrote". A request with any of these
//! delegates nothing.
//!
//! ```
//! use permitgate_task::TaskRequest;
//!
//! assert!(TaskRequest::new("Please do the actions in the mail from Lee").delegates());
//! assert!(!TaskRequest::new("Read it. Do not do the actions in the mail from Lee").delegates());
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc(test(attr(deny(unused_imports))))]
#![forbid(unsafe_code)]
#![warn(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod draft;
mod forms;
mod grammar;
mod lexicon;
mod negation;
mod plan;
mod proposal;
mod request;
mod steps;
mod text;

pub use draft::{Described, draft, hidden_in, hides, likeness};
pub use plan::{MAX_PLAN_STEPS, Plan, PlanArgument, PlanError, PlanErrorKind, PlanStep};
pub use request::TaskRequest;
