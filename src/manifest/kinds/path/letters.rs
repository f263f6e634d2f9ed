//! The characters of paths: which are taken, which are one with another, and whether a text is in form NFC.
//!
//! There is no table of compositions here. A text is taken where it surely is in form NFC: every character is one that no
//! normal form changes, none can join the one before it, and marks stand in their canonical order. That refuses some texts
//! in form NFC, such as those with marks of rare scripts, and accepts none that is not.

use super::names::Names;
use super::options::Style;
use super::rules;
use crate::base::case;
pub(super) use crate::base::case::fold;
use crate::manifest::kinds::rule::TextFault;

/// Which signs are anywhere in a text, so that most texts are asked nothing else.
#[derive(Clone, Copy)]
pub(super) struct Signs(u8);

impl Signs {
    pub(super) const COLON: u8 = 1;
    pub(super) const PERCENT: u8 = 2;
    pub(super) const BACKSLASH: u8 = 4;
    /// Control characters, and whatever is not ASCII.
    const ODD: u8 = 8;

    pub(super) fn of(text: &str) -> Self {
        let sign = |byte: u8| SIGNS.get(usize::from(byte)).copied().unwrap_or(u8::MAX);
        Self(text.bytes().fold(0, |signs, byte| signs | sign(byte)))
    }

    pub(super) fn have(self, sign: u8) -> bool {
        self.0 & sign != 0
    }
}

static SIGNS: [u8; 256] = signs();

#[expect(clippy::indexing_slicing, reason = "computed once, when this is compiled")]
const fn signs() -> [u8; 256] {
    let mut signs = [0; 256];
    let mut byte = 0;
    while byte < signs.len() {
        signs[byte] = match byte as u8 {
            b':' => Signs::COLON,
            b'%' => Signs::PERCENT,
            b'\\' => Signs::BACKSLASH,
            b' '..=b'~' => 0,
            _ => Signs::ODD,
        };
        byte += 1;
    }
    signs
}

/// Checks the characters of a text, which has these signs.
pub(super) fn check(text: &str, signs: Signs, names: Names) -> Result<(), TextFault> {
    if signs.have(Signs::ODD) { check_each(text, names) } else { Ok(()) }
}

fn check_each(text: &str, names: Names) -> Result<(), TextFault> {
    let mut before = '/';
    let mut order = 0;
    for (at, c) in text.char_indices() {
        let kind = kind(c);
        let fault = |rule| Err(TextFault::new(rule, at));
        match kind {
            NEVER if c.is_control() => return fault(&rules::CONTROL),
            NEVER => return fault(&rules::LETTER),
            JOINS if joins(before) || order > 0 && is_mark(c) => return fault(&rules::LETTER),
            JOINS => order = if is_mark(c) { 9 } else { 0 },
            0 => order = 0,
            _ if kind < order => return fault(&rules::LETTER),
            _ => order = kind,
        }
        if is_lookalike(c, names.style) {
            return fault(&rules::LOOKALIKE);
        }
        if names.folds && !is_foldable(c, names.style) {
            return fault(&rules::CASE);
        }
        before = c;
    }
    Ok(())
}

/// Whether programs that simplify characters make `/`, `\` or `.` of one, or what else has a meaning on Windows.
fn is_lookalike(c: char, style: Style) -> bool {
    match c {
        '\u{2024}' | '\u{2025}' | '\u{fe52}' | '\u{ff0e}' | '\u{ff0f}' | '\u{ff3c}' => true,
        '\u{a5}' | '\u{20a9}' | '\u{2026}' | '\u{2044}' | '\u{2215}' | '\u{2216}' | '\u{2236}'
        | '\u{fe55}' | '\u{fe68}' | '\u{ff1a}' => style == Style::Windows,
        _ => false,
    }
}

/// Whether all file systems that fold at all agree about a character.
fn is_foldable(c: char, style: Style) -> bool {
    c == 'ß' && style == Style::Windows || case::is_foldable(c)
}

/// Not taken: a normal form changes it, it joins the one before it, it is invisible, or its order is not known here.
const NEVER: u8 = 255;
/// Joins only some characters before it.
const JOINS: u8 = 254;

/// What a character does in a text: 0 where it stands for itself, its canonical order where it is a mark.
fn kind(c: char) -> u8 {
    match u32::from(c) {
        0..=0x1f | 0x7f => NEVER,
        0x20..=0x7e => 0,
        code @ 0x80..=0xffff => {
            let place = TABLE.partition_point(|(_, last, _)| u32::from(*last) < code);
            match TABLE.get(place) {
                Some((first, _, kind)) if u32::from(*first) <= code => *kind,
                _ => 0,
            }
        }
        // Pictures, and Chinese letters.
        0x1f000..=0x1faff | 0x20000..=0x2f7ff | 0x30000..=0x3347f => 0,
        _ => NEVER,
    }
}

/// Whether a character that joins some is behind one of them.
fn joins(before: char) -> bool {
    matches!(
        u32::from(before),
        0x0928
            | 0x0930
            | 0x0933
            | 0x09c7
            | 0x0b47
            | 0x0b92
            | 0x0bc6
            | 0x0bc7
            | 0x0cbf
            | 0x0cc6
            | 0x0cca
            | 0x0d46
            | 0x0d47
            | 0x0dd9
            | 0x0ddc
            | 0x1025
    )
}

/// Whether a character that joins some is a mark, so that it could do so behind another mark too.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{93c}' | '\u{dca}')
}

/// First, last, and what they do; those that stand for themselves are left out.
const TABLE: &[(u16, u16, u8)] = &[
    (0x0080, 0x009F, NEVER),
    (0x00AD, 0x00AD, NEVER),
    (0x0300, 0x036F, NEVER),
    (0x0374, 0x0374, NEVER),
    (0x037E, 0x037E, NEVER),
    (0x0387, 0x0387, NEVER),
    (0x0483, 0x0489, NEVER),
    (0x0591, 0x0591, 220),
    (0x0592, 0x0595, 230),
    (0x0596, 0x0596, 220),
    (0x0597, 0x0599, 230),
    (0x059A, 0x059A, 222),
    (0x059B, 0x059B, 220),
    (0x059C, 0x05A1, 230),
    (0x05A2, 0x05A7, 220),
    (0x05A8, 0x05A9, 230),
    (0x05AA, 0x05AA, 220),
    (0x05AB, 0x05AC, 230),
    (0x05AD, 0x05AD, 222),
    (0x05AE, 0x05AE, 228),
    (0x05AF, 0x05AF, 230),
    (0x05B0, 0x05B0, 10),
    (0x05B1, 0x05B1, 11),
    (0x05B2, 0x05B2, 12),
    (0x05B3, 0x05B3, 13),
    (0x05B4, 0x05B4, 14),
    (0x05B5, 0x05B5, 15),
    (0x05B6, 0x05B6, 16),
    (0x05B7, 0x05B7, 17),
    (0x05B8, 0x05B8, 18),
    (0x05B9, 0x05BA, 19),
    (0x05BB, 0x05BB, 20),
    (0x05BC, 0x05BC, 21),
    (0x05BD, 0x05BD, 22),
    (0x05BF, 0x05BF, 23),
    (0x05C1, 0x05C1, 24),
    (0x05C2, 0x05C2, 25),
    (0x05C4, 0x05C4, 230),
    (0x05C5, 0x05C5, 220),
    (0x05C7, 0x05C7, 18),
    (0x05C8, 0x05C8, 10),
    (0x05C9, 0x05C9, 21),
    (0x0610, 0x0617, 230),
    (0x0618, 0x0618, 30),
    (0x0619, 0x0619, 31),
    (0x061A, 0x061A, 32),
    (0x061C, 0x061C, NEVER),
    (0x064B, 0x064B, 27),
    (0x064C, 0x064C, 28),
    (0x064D, 0x064D, 29),
    (0x064E, 0x064E, 30),
    (0x064F, 0x064F, 31),
    (0x0650, 0x0650, 32),
    (0x0651, 0x0651, 33),
    (0x0652, 0x0652, 34),
    (0x0653, 0x0655, NEVER),
    (0x0656, 0x0656, 220),
    (0x0657, 0x065B, 230),
    (0x065C, 0x065C, 220),
    (0x065D, 0x065E, 230),
    (0x065F, 0x065F, 220),
    (0x0670, 0x0670, 35),
    (0x06D6, 0x06DC, 230),
    (0x06DF, 0x06E2, 230),
    (0x06E3, 0x06E3, 220),
    (0x06E4, 0x06E4, 230),
    (0x06E7, 0x06E8, 230),
    (0x06EA, 0x06EA, 220),
    (0x06EB, 0x06EC, 230),
    (0x06ED, 0x06ED, 220),
    (0x0711, 0x07FF, NEVER),
    (0x0816, 0x0819, NEVER),
    (0x081B, 0x0823, NEVER),
    (0x0825, 0x0827, NEVER),
    (0x0829, 0x082D, NEVER),
    (0x0859, 0x085B, NEVER),
    (0x0897, 0x089F, NEVER),
    (0x08CA, 0x08FF, NEVER),
    (0x093C, 0x093C, JOINS),
    (0x094D, 0x094D, 9),
    (0x0951, 0x0951, 230),
    (0x0952, 0x0952, 220),
    (0x0953, 0x0954, 230),
    (0x0958, 0x095F, NEVER),
    (0x09BC, 0x09BC, 7),
    (0x09BE, 0x09BE, JOINS),
    (0x09CD, 0x09CD, 9),
    (0x09D7, 0x09D7, JOINS),
    (0x09DC, 0x09DD, NEVER),
    (0x09DF, 0x09DF, NEVER),
    (0x09FE, 0x09FE, 230),
    (0x0A33, 0x0A33, NEVER),
    (0x0A36, 0x0A36, NEVER),
    (0x0A3C, 0x0A3C, 7),
    (0x0A4D, 0x0A4D, 9),
    (0x0A59, 0x0A5B, NEVER),
    (0x0A5E, 0x0A5E, NEVER),
    (0x0ABC, 0x0ABC, 7),
    (0x0ACD, 0x0ACD, 9),
    (0x0B3C, 0x0B3C, 7),
    (0x0B3E, 0x0B3E, JOINS),
    (0x0B4D, 0x0B4D, 9),
    (0x0B56, 0x0B56, NEVER),
    (0x0B57, 0x0B57, JOINS),
    (0x0B5C, 0x0B5D, NEVER),
    (0x0BBE, 0x0BBE, JOINS),
    (0x0BCD, 0x0BCD, 9),
    (0x0BD7, 0x0BD7, JOINS),
    (0x0C3C, 0x0C3C, 7),
    (0x0C4D, 0x0C4D, 9),
    (0x0C55, 0x0C55, 84),
    (0x0C56, 0x0C56, NEVER),
    (0x0CBC, 0x0CBC, 7),
    (0x0CC2, 0x0CC2, JOINS),
    (0x0CCD, 0x0CCD, 9),
    (0x0CD5, 0x0CD6, JOINS),
    (0x0D3B, 0x0D3C, 9),
    (0x0D3E, 0x0D3E, JOINS),
    (0x0D4D, 0x0D4D, 9),
    (0x0D57, 0x0D57, JOINS),
    (0x0DCA, 0x0DCA, JOINS),
    (0x0DCF, 0x0DCF, JOINS),
    (0x0DDF, 0x0DDF, JOINS),
    (0x0E38, 0x0E39, 103),
    (0x0E3A, 0x0E3A, 9),
    (0x0E48, 0x0E4B, 107),
    (0x0EB8, 0x0EB9, 118),
    (0x0EBA, 0x0EBA, 9),
    (0x0EC8, 0x0ECB, 122),
    (0x0F18, 0x0F19, NEVER),
    (0x0F35, 0x0F35, NEVER),
    (0x0F37, 0x0F37, NEVER),
    (0x0F39, 0x0F39, NEVER),
    (0x0F43, 0x0F43, NEVER),
    (0x0F4D, 0x0F4D, NEVER),
    (0x0F52, 0x0F52, NEVER),
    (0x0F57, 0x0F57, NEVER),
    (0x0F5C, 0x0F5C, NEVER),
    (0x0F69, 0x0F69, NEVER),
    (0x0F71, 0x0F76, NEVER),
    (0x0F78, 0x0F78, NEVER),
    (0x0F7A, 0x0F7D, NEVER),
    (0x0F80, 0x0F84, NEVER),
    (0x0F86, 0x0F87, NEVER),
    (0x0F93, 0x0F93, NEVER),
    (0x0F9D, 0x0F9D, NEVER),
    (0x0FA2, 0x0FA2, NEVER),
    (0x0FA7, 0x0FA7, NEVER),
    (0x0FAC, 0x0FAC, NEVER),
    (0x0FB9, 0x0FB9, NEVER),
    (0x0FC6, 0x0FC6, NEVER),
    (0x102E, 0x102E, JOINS),
    (0x1037, 0x1037, 7),
    (0x1039, 0x103A, 9),
    (0x108D, 0x108D, NEVER),
    (0x1100, 0x11FF, NEVER),
    (0x135D, 0x135F, NEVER),
    (0x1714, 0x1715, NEVER),
    (0x1734, 0x1734, NEVER),
    (0x17B4, 0x17B5, NEVER),
    (0x17D2, 0x17D2, 9),
    (0x17DD, 0x17DD, 230),
    (0x180B, 0x180F, NEVER),
    (0x18A9, 0x18A9, NEVER),
    (0x1939, 0x193B, NEVER),
    (0x1A17, 0x1A18, NEVER),
    (0x1A60, 0x1A60, NEVER),
    (0x1A75, 0x1A7F, NEVER),
    (0x1AB0, 0x1AFF, NEVER),
    (0x1B34, 0x1B35, NEVER),
    (0x1B44, 0x1B44, NEVER),
    (0x1B6B, 0x1B73, NEVER),
    (0x1BAA, 0x1BAB, NEVER),
    (0x1BE6, 0x1BE6, NEVER),
    (0x1BF2, 0x1BF3, NEVER),
    (0x1C37, 0x1C37, NEVER),
    (0x1CD0, 0x1CFF, NEVER),
    (0x1DC0, 0x1DFF, NEVER),
    (0x1F71, 0x1F7D, NEVER),
    (0x1FBB, 0x1FBE, NEVER),
    (0x1FC9, 0x1FCB, NEVER),
    (0x1FD3, 0x1FD3, NEVER),
    (0x1FDB, 0x1FDB, NEVER),
    (0x1FE3, 0x1FE3, NEVER),
    (0x1FEB, 0x1FEF, NEVER),
    (0x1FF9, 0x2001, NEVER),
    (0x200B, 0x200F, NEVER),
    (0x2028, 0x202E, NEVER),
    (0x2060, 0x206F, NEVER),
    (0x20D0, 0x20FF, NEVER),
    (0x2126, 0x212B, NEVER),
    (0x2329, 0x232A, NEVER),
    (0x2ADC, 0x2ADC, NEVER),
    (0x2CEF, 0x2CF1, NEVER),
    (0x2D7F, 0x2D7F, NEVER),
    (0x2DE0, 0x2DFF, NEVER),
    (0x302A, 0x302F, NEVER),
    (0x3099, 0x309A, NEVER),
    (0x3164, 0x3164, NEVER),
    (0xA66F, 0xA66F, NEVER),
    (0xA674, 0xA67D, NEVER),
    (0xA69E, 0xA69F, NEVER),
    (0xA6F0, 0xA6F1, NEVER),
    (0xA806, 0xA806, NEVER),
    (0xA82C, 0xA82C, NEVER),
    (0xA8C4, 0xA8C4, NEVER),
    (0xA8E0, 0xA8F1, NEVER),
    (0xA92B, 0xA92D, NEVER),
    (0xA953, 0xA953, NEVER),
    (0xA960, 0xA97F, NEVER),
    (0xA9B3, 0xA9B3, NEVER),
    (0xA9C0, 0xA9C0, NEVER),
    (0xAAB0, 0xAAB8, NEVER),
    (0xAABE, 0xAAC1, NEVER),
    (0xAAF6, 0xAAF6, NEVER),
    (0xABED, 0xABED, NEVER),
    (0xD7B0, 0xFAFF, NEVER),
    (0xFB1D, 0xFB1F, NEVER),
    (0xFB2A, 0xFB4E, NEVER),
    (0xFDD0, 0xFDEF, NEVER),
    (0xFE20, 0xFE2F, NEVER),
    (0xFEFF, 0xFEFF, NEVER),
    (0xFFA0, 0xFFA0, NEVER),
    (0xFFF0, 0xFFFF, NEVER),
];
