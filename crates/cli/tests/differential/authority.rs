//! What may be done: the index, patterns, conditions and audiences beside the reference, and revocation under load.

use permitgate::decision::Ruling;
use proptest::collection::vec;

use crate::questions;
use crate::race::{REVOCATIONS, World};
use crate::reference::comparison::{
    below, difference, gate, pattern_difference, pattern_difference_below, scope,
};
use crate::reference::generate::{Size, patterns as many_patterns, plan, setup};
use crate::table::Course;

pub(crate) fn patterns(course: &mut Course) {
    let (all, plans) = (many_patterns(), vec(plan(), 4));
    while course.goes_on() {
        let setup = course.one(&all);
        let (gate, scope) = (gate(&setup), scope(&setup));
        for plan in course.one(&plans) {
            let resource = plan.attempt(&setup).resource;
            let asked = setup.layers[0].statements.len() as u64;
            match pattern_difference(&setup, &gate, &scope, &resource) {
                Ok(true) => course.count(asked, "of which one or more match"),
                Ok(false) => course.count(asked, "of which none match"),
                Err(how) => {
                    course.count(asked, "that differ");
                    course.differs(&how);
                }
            }
        }
    }
}

/// What covers a place with everything below it, and what may match any of that.
pub(crate) fn subtrees(course: &mut Course) {
    let (all, plans) = (many_patterns(), vec(plan(), 4));
    while course.goes_on() {
        let setup = course.one(&all);
        let worlds = below(&setup);
        for plan in course.one(&plans) {
            let resource = plan.attempt(&setup).resource;
            // Every place above it as well.
            let ends = resource.match_indices('/').map(|(end, _)| end).chain([resource.len()]);
            for place in ends.map(|end| &resource[..end]) {
                match pattern_difference_below(&setup, &worlds, place) {
                    Ok((true, _)) => course.count(1, "covered"),
                    Ok((false, true)) => course.count(1, "met"),
                    Ok((false, false)) => course.count(1, "apart"),
                    Err(how) => {
                        course.count(1, "that differ");
                        course.differs(&how);
                    }
                }
            }
        }
    }
}

pub(crate) fn decisions(course: &mut Course) {
    decisions_of(course, Size::small(), 8);
}

pub(crate) fn large_decisions(course: &mut Course) {
    decisions_of(course, Size::large(), 80);
}

fn decisions_of(course: &mut Course, size: Size, of_each: usize) {
    let (setups, plans) = (setup(size), vec(plan(), of_each));
    while course.goes_on() {
        let setup = course.one(&setups);
        let (gate, scope) = (gate(&setup), scope(&setup));
        for plan in course.one(&plans) {
            let attempt = plan.attempt(&setup);
            let action = attempt.action();
            let decision = gate.decide(&action, &scope);
            course.count(1, ruling(decision.ruling()));
            if let Some(how) = difference(&setup, &attempt, &decision) {
                course.differs(&how);
            }
            if gate.authorize(&action, &scope).is_ok() != decision.is_allow() {
                course.differs("`authorize` answers otherwise than `decide`");
            }
        }
    }
}

const fn ruling(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Allow => "allowed",
        Ruling::Hold => "held",
        Ruling::Deny => "denied",
    }
}

pub(crate) fn audiences(course: &mut Course) {
    let (directories, some) = (questions::people(), vec(questions::question(), 12));
    while course.goes_on() {
        let people = course.one(&directories);
        let gate = questions::gate(&people);
        for question in course.one(&some) {
            let expected = questions::model_says(&people, &question);
            course.count(1, if expected { "contained" } else { "not contained" });
            if questions::gate_says(&gate, &question) != Some(expected) {
                course.differs(&format!("expected {expected}: {question:?}\n{people:?}"));
            }
        }
    }
}

/// Each revocation of a tree races with the decisions of two threads.
pub(crate) fn races(course: &mut Course) {
    const DECISIONS: u64 = 2048;
    let (world, mut draw) = (World::new(), course.draw.clone());
    while course.goes_on() {
        let before = draw.0;
        course.count(REVOCATIONS as u64, "raced by 256 decisions each");
        course.holds(&format!("tree {before}"), || world.race(&mut draw, DECISIONS));
    }
}
