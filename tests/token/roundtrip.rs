//! What is written is read again as the same, and has one form.

use permitgate::authority::{Budget, Share};
use permitgate::flow::Origin;
use permitgate::model::{Operations, Reader, Readers};
use permitgate::policy::Condition;
use permitgate::prelude::*;
use permitgate::time::Timestamp;
use permitgate::token::{
    Demand, IssuerKey, PublicKey, SharedSecret, SigningKey, Token, TokenBlock, TokenReason,
};

use crate::cbor::Parts;
use crate::draw::{Draw, Kind};
use crate::*;

#[test]
fn every_token_comes_back_as_the_same_bytes_and_the_same_text() {
    for number in 0..200 {
        let kind = if number % 2 == 0 { Kind::Shared } else { Kind::Public };
        let sent = Draw::new(number).token(kind);
        let token = Token::decode(&sent).unwrap();
        assert_eq!(bytes(&token), sent);
        assert_eq!(Parts::of(&sent).write(), sent, "shortest form throughout");
        let text = token.to_text().unwrap();
        assert!(
            text.starts_with("pgt1_")
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        );
        assert_eq!(bytes(&Token::from_text(&text).unwrap()), sent);
        let links = signer::links(&Parts::of(&sent));
        assert_eq!(token.link(), *links.last().unwrap());
        let ids: Vec<_> = token.blocks().map(|(id, _)| id.to_bytes().to_vec()).collect();
        let expected: Vec<_> = links.iter().map(|link| link[..16].to_vec()).collect();
        assert_eq!(ids, expected, "identities are the first half of links");
    }
}

#[test]
fn what_a_block_says_is_what_is_read() {
    for number in 0..300 {
        let mut draw = Draw::new(number);
        let (root, further) = (draw.root(), draw.further());
        let Ok(token) = Token::mint(&secret(1), root.block()) else { continue };
        let mut blocks = vec![root.block()];
        let mut sent = token.clone();
        if let Ok(narrower) = token.attenuate(further.block()) {
            sent = narrower;
            blocks.push(further.block());
        }
        let received = Token::decode(&bytes(&sent)).unwrap();
        let read: Vec<_> = received.blocks().map(|(_, block)| block.clone()).collect();
        assert_eq!(read, blocks, "{number}");
    }
}

#[test]
fn every_part_of_a_statement_travels() {
    let statements = [
        Statement::permit("all-of-it")
            .operations(Operations::ALL)
            .tools(["a", "b"])
            .resources(["x/**", "{invoker}/*"])
            .readers(
                Readers::internal()
                    | Reader::domain("partner.example")
                    | Reader::channel("general"),
            )
            .when(Condition::equals("n", 1_i64))
            .when(Condition::equals("n", 1.0))
            .when(Condition::equals("n", i64::MIN))
            .when(Condition::equals("n", u64::MAX))
            .when(!Condition::one_of("s", ["a", ""]))
            .when(Condition::between("n", -1, 2.5))
            .when(Condition::matches("s", "a*b"))
            .when(Condition::present("s"))
            .when(Condition::absent("z"))
            .when(Condition::endorsed("s", Origin::User))
            .only_while_trusted(),
        Statement::forbid("late")
            .operations(Operation::Read)
            .beyond(Readers::invoker())
            .after_untrusted(),
        Statement::require_approval("ask")
            .operations(Operation::Share)
            .resources(["**"])
            .readers(Readers::public()),
    ];
    let block = TokenBlock::grant(statements)
        .valid_from(at(1))
        .expires_at(Timestamp::from_unix_millis(u64::MAX - 1))
        .held_by("triage")
        .bound_to(key(40).public_key())
        .delegable(255)
        .budget(
            Budget::sum("spend", "payment.cents", u64::MAX)
                .per(std::time::Duration::from_millis(1)),
        )
        .budget(Budget::actions("none", 0).on(Operation::Read).ask_from(0))
        .budget(Budget::sum("euros", "amount", 9).decimals(9).shared_by(Share::Session))
        .budget(
            Budget::recipients("people", 1)
                .tools(["mail.send", "mail.reply"])
                .shared_by(Share::Invoker),
        )
        .budget(Budget::irreversible("for-good", 2).shared_by(Share::Lineage))
        .budget(Budget::concurrency("at-once", 3).shared_by(Share::Agent))
        .budget(Budget::repeats("loop", 4).per(std::time::Duration::from_millis(1)))
        .budget(
            Budget::repeats("halt", u64::MAX - 1)
                .per(std::time::Duration::from_secs(1))
                .halts_agent(),
        )
        .hand_on("right", [Statement::permit("r").operations(Operation::Read).resources(["**"])])
        .demand(Demand::for_token("on-duty", key(50).public_key()))
        .demand(Demand::for_action("approved", key(51).public_key()));
    for issuer in [IssuerKey::from(&key(1)), IssuerKey::from(&secret(1))] {
        let token = Token::mint(issuer, block.clone()).unwrap();
        let read = Token::decode(&bytes(&token)).unwrap();
        assert_eq!(read.blocks().next().unwrap().1, &block);
        assert_eq!(read.holder_key(), Some(key(40).public_key()));
    }
}

/// Whole milliseconds are sent, and a window is never shorter than what was said.
#[test]
fn a_span_of_a_fraction_is_sent_as_it_counts() {
    use std::time::Duration;

    for (said, sent) in [(1_000_000, 1), (1_000_001, 2), (1_500_000, 2), (59_999_999_999, 60_000)] {
        let budget = Budget::actions("b", 1).per(Duration::from_nanos(said));
        let token = Token::mint(&secret(1), mail().budget(budget)).unwrap();
        let capability = verifier().verify(&bytes(&token), at(100)).unwrap();
        let span = capability.budgets().next().unwrap().period();
        assert_eq!(span, Some(Duration::from_millis(sent)), "{said} ns");
    }
}

/// What only a gate can declare has no form.
#[test]
fn a_budget_of_a_gate_is_in_no_token() {
    let budget = Budget::actions("b", 1).shared_by(Share::Gate);
    let error = Token::mint(&secret(1), mail().budget(budget)).unwrap_err();
    assert_eq!(error.reason(), TokenReason::InvalidBlock);
    assert!(error.to_string().contains("declared at the gate"), "{error}");
}

#[test]
fn a_text_has_one_form() {
    let token = Token::mint(&secret(1), mail()).unwrap();
    let text = token.to_text().unwrap().to_string();
    let good = verifier().verify_text(&text, at(100)).unwrap();
    assert_eq!(good.id(), token.blocks().next().unwrap().0);
    let mut others = vec![
        text.replacen("pgt1_", "PGT1_", 1),
        text.replacen("pgt1_", "", 1),
        text.replacen("pgt1_", "pgss1_", 1),
        format!("{text}="),
        format!("{text}A"),
        format!("pgt1_{text}"),
        text[..text.len() - 1].to_owned(),
        String::new(),
        "pgt1_".to_owned(),
        format!("pgt1_{}", "A".repeat(200_000)),
    ];
    // Every digit replaced by its neighbour, so also the last one, whose lowest bits may stand for nothing.
    for place in 5..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[place] ^= 1;
        others.push(String::from_utf8(changed).unwrap());
        let (front, back) = text.split_at(place);
        others.push(format!("{front} {back}"));
    }
    for other in others {
        assert_eq!(
            reason(verifier().verify_text(&other, at(100))),
            TokenReason::WrongText,
            "{other}"
        );
    }
}

#[test]
fn keys_come_back_from_their_texts_and_from_no_other() {
    let (signing, shared) = (key(3), secret(3));
    assert_eq!(SigningKey::from_text(&signing.to_text()).unwrap(), signing);
    assert_eq!(SharedSecret::from_text(&shared.to_text()).unwrap(), shared);
    assert_eq!(
        signing.public_key().to_string().parse::<PublicKey>().unwrap(),
        signing.public_key()
    );
    for text in [signing.to_text(), shared.to_text()] {
        assert!(reason(text.parse::<PublicKey>()) == TokenReason::WrongText);
    }
    // The prefix is part of the checksum, so that nobody makes one kind out of another by hand.
    let as_signing = shared.to_text().replacen("pgss1_", "pgsk1_", 1);
    let as_shared = signing.to_text().replacen("pgsk1_", "pgss1_", 1);
    assert_eq!(reason(SigningKey::from_text(&as_signing)), TokenReason::WrongText);
    assert_eq!(reason(SharedSecret::from_text(&as_shared)), TokenReason::WrongText);
    let as_public = signing.to_text().replacen("pgsk1_", "pgpk1_", 1);
    assert_eq!(reason(as_public.parse::<PublicKey>()), TokenReason::WrongText);
    assert_eq!(reason(SigningKey::from_text(&shared.to_text())), TokenReason::WrongText);
    assert_eq!(reason(SharedSecret::from_text(&signing.to_text())), TokenReason::WrongText);
    assert_ne!(key(3), key(4));
    assert_ne!(secret(3), secret(4));
    assert_ne!(key(3).id(), SharedSecret::from_bytes(key(3).public_key().as_bytes()).id());
}

/// Whoever sends a token has its expressions compiled, so all blocks of it share a bound.
#[test]
fn a_token_carries_few_regular_expressions() {
    let secret = || SharedSecret::from_bytes(&[7; 32]);
    let block = |id: &str, count: usize| {
        let statement = Statement::permit(id).operations(Operation::Read).resources(["**"]);
        let when = |statement: Statement, _| statement.when(Condition::regex("a", "a+"));
        TokenBlock::grant([(0..count).fold(statement, when)])
    };
    let verifier =
        Verifier::builder("here").trust(TrustedIssuer::shared(secret())).build().unwrap();
    let verify = |token: &Token| {
        let bytes = token.to_bytes().unwrap();
        verifier.verify(&bytes, Timestamp::from_unix_seconds(1)).map(drop)
    };
    let token = Token::mint(&secret(), block("a", 5)).unwrap();
    assert!(verify(&token).is_ok());
    assert!(verify(&token.attenuate(block("b", 3)).unwrap()).is_ok());
    let many = token.attenuate(block("b", 4)).and_then(|token| verify(&token)).unwrap_err();
    assert_eq!(many.reason(), TokenReason::InvalidStatement, "{many}");
}
