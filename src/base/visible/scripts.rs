//! Which script a letter belongs to: Unicode 18.0, as the crate `unicode-script` 0.5.9 has it.
//!
//! A test compares the table with that crate, letter by letter, and prints a new one where they differ.

pub(super) const LATIN: u8 = 0;
pub(super) const CYRILLIC: u8 = 1;
pub(super) const GREEK: u8 = 2;
/// Han, Hiragana, Katakana, Bopomofo and Hangul, which are written together.
pub(super) const EAST_ASIAN: std::ops::RangeInclusive<u8> = 3..=7;
pub(super) const COPTIC: u8 = 8;
pub(super) const ARMENIAN: u8 = 9;
pub(super) const CHEROKEE: u8 = 33;
pub(super) const LISU: u8 = 56;
pub(super) const OLD_ITALIC: u8 = 71;
pub(super) const DESERET: u8 = 76;

/// The number of a letter's script. Letters that no script has for itself get that of those before them.
pub(super) fn script_of(letter: char) -> u8 {
    let place = STARTS.partition_point(|start| *start <= u32::from(letter));
    place.checked_sub(1).and_then(|place| SCRIPTS.get(place)).copied().unwrap_or(LATIN)
}

/// Where letters of another script begin.
const STARTS: [u32; 245] = [
    0x41, 0x370, 0x3E2, 0x3F0, 0x400, 0x531, 0x5B0, 0x610, 0x710, 0x750, 0x780, 0x7CA, 0x800,
    0x840, 0x860, 0x870, 0x900, 0x980, 0xA01, 0xA81, 0xB01, 0xB82, 0xC00, 0xC80, 0xD00, 0xD81,
    0xE01, 0xE81, 0xF00, 0x1000, 0x10A0, 0x1100, 0x1200, 0x13A0, 0x1401, 0x1681, 0x16A0, 0x1700,
    0x1720, 0x1740, 0x1760, 0x1780, 0x1820, 0x18B0, 0x1900, 0x1950, 0x1980, 0x1A00, 0x1A20, 0x1B00,
    0x1B80, 0x1BC0, 0x1C00, 0x1C5A, 0x1C80, 0x1C90, 0x1D00, 0x1D26, 0x1D2B, 0x1D2C, 0x1D5D, 0x1D62,
    0x1D66, 0x1D6B, 0x1D78, 0x1D79, 0x1DBF, 0x1E00, 0x1F00, 0x2071, 0x2126, 0x212A, 0x2C00, 0x2C60,
    0x2C80, 0x2D00, 0x2D30, 0x2D80, 0x2DE0, 0x3005, 0x3041, 0x30A1, 0x3105, 0x3131, 0x31A0, 0x31F0,
    0x3400, 0xA000, 0xA4D0, 0xA500, 0xA640, 0xA6A0, 0xA722, 0xA800, 0xA840, 0xA880, 0xA8F2, 0xA90A,
    0xA930, 0xA960, 0xA980, 0xA9E0, 0xAA00, 0xAA60, 0xAA80, 0xAAE0, 0xAB01, 0xAB30, 0xAB65, 0xAB66,
    0xAB70, 0xABC0, 0xAC00, 0xF900, 0xFB00, 0xFB13, 0xFB1D, 0xFB50, 0xFF21, 0xFF66, 0xFFA0,
    0x10000, 0x10140, 0x10280, 0x102A0, 0x10300, 0x10330, 0x10350, 0x10380, 0x103A0, 0x10400,
    0x10450, 0x10480, 0x104B0, 0x10500, 0x10530, 0x10570, 0x105C0, 0x10600, 0x10780, 0x10800,
    0x10840, 0x10860, 0x10880, 0x108E0, 0x10900, 0x10920, 0x10940, 0x10980, 0x109A0, 0x10A00,
    0x10A60, 0x10A80, 0x10AC0, 0x10B00, 0x10B40, 0x10B60, 0x10B80, 0x10C00, 0x10C80, 0x10D00,
    0x10D4A, 0x10E80, 0x10EC2, 0x10F00, 0x10F30, 0x10F70, 0x10FB0, 0x10FE0, 0x11000, 0x11080,
    0x110D0, 0x11100, 0x11150, 0x11180, 0x11200, 0x11280, 0x112B0, 0x11300, 0x11380, 0x11400,
    0x11480, 0x11580, 0x11600, 0x11680, 0x11700, 0x11800, 0x118A0, 0x11900, 0x119A0, 0x11A00,
    0x11A50, 0x11AB0, 0x11AC0, 0x11B60, 0x11BC0, 0x11C00, 0x11C72, 0x11D00, 0x11D60, 0x11DB0,
    0x11EE0, 0x11F00, 0x11FB0, 0x12000, 0x12F90, 0x13000, 0x14400, 0x16100, 0x16800, 0x16A40,
    0x16A70, 0x16AD0, 0x16B00, 0x16D40, 0x16E40, 0x16EA0, 0x16F00, 0x16FE0, 0x16FE1, 0x16FE3,
    0x17000, 0x18B00, 0x18D00, 0x1AFF0, 0x1B001, 0x1B120, 0x1B132, 0x1B155, 0x1B170, 0x1BC00,
    0x1DF00, 0x1E000, 0x1E030, 0x1E100, 0x1E290, 0x1E2C0, 0x1E4D0, 0x1E5D0, 0x1E6C0, 0x1E7E0,
    0x1E800, 0x1E900, 0x1EE00, 0x20000,
];

/// Which script that is.
const SCRIPTS: [u8; 245] = [
    0, 2, 8, 2, 1, 9, 10, 11, 12, 11, 13, 14, 15, 16, 12, 11, 17, 18, 19, 20, 21, 22, 23, 24, 25,
    26, 27, 28, 29, 30, 31, 7, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 34, 43, 44, 45, 46, 47,
    48, 49, 50, 51, 52, 1, 31, 0, 2, 1, 0, 2, 0, 2, 0, 1, 0, 2, 0, 2, 0, 2, 0, 53, 0, 8, 31, 54,
    32, 1, 3, 4, 5, 6, 7, 6, 5, 3, 55, 56, 57, 1, 58, 0, 59, 60, 61, 17, 62, 63, 7, 64, 30, 65, 30,
    66, 67, 32, 0, 2, 0, 33, 67, 7, 3, 0, 9, 10, 11, 0, 5, 7, 68, 2, 69, 70, 71, 72, 73, 74, 75,
    76, 77, 78, 79, 80, 81, 82, 83, 84, 0, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98,
    99, 100, 101, 102, 103, 104, 105, 106, 107, 11, 108, 109, 110, 111, 112, 113, 114, 115, 116,
    117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135,
    34, 136, 118, 137, 138, 139, 140, 141, 142, 143, 144, 56, 145, 146, 147, 148, 149, 58, 150,
    151, 152, 153, 154, 155, 156, 157, 158, 159, 3, 158, 160, 158, 5, 4, 5, 4, 5, 159, 161, 0, 53,
    1, 162, 163, 164, 165, 166, 167, 32, 168, 169, 11, 3,
];

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_script::{Script, UnicodeScript};

    /// In the order of their numbers as far as they have a name here; the others as they come.
    const NAMED: [Script; 8] = [
        Script::Latin,
        Script::Cyrillic,
        Script::Greek,
        Script::Han,
        Script::Hiragana,
        Script::Katakana,
        Script::Bopomofo,
        Script::Hangul,
    ];

    #[test]
    fn the_table_is_that_of_unicode() {
        let (mut scripts, mut starts, mut numbers) = (NAMED.to_vec(), Vec::new(), Vec::new());
        let mut last = None;
        for letter in ('\0'..=char::MAX).filter(|c| c.is_alphabetic()) {
            let script = letter.script();
            let of_none = matches!(script, Script::Common | Script::Inherited | Script::Unknown);
            if of_none || last == Some(script) {
                continue;
            }
            last = Some(script);
            let number = scripts.iter().position(|known| *known == script).unwrap_or(scripts.len());
            if number == scripts.len() {
                scripts.push(script);
            }
            starts.push(u32::from(letter));
            numbers.push(number as u8);
        }
        let named = [(COPTIC, Script::Coptic), (ARMENIAN, Script::Armenian)]
            .into_iter()
            .chain([(CHEROKEE, Script::Cherokee), (LISU, Script::Lisu)])
            .chain([(OLD_ITALIC, Script::Old_Italic), (DESERET, Script::Deseret)]);
        for (number, script) in named {
            assert_eq!(scripts[usize::from(number)], script);
        }
        let same = starts == STARTS && numbers == SCRIPTS;
        assert!(same, "take these: {starts:#X?} {numbers:?}");
    }
}
