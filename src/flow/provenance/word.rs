//! One word of a text: without what stands around it, and as a number.

/// What is taken off both ends of a run of words.
pub(super) const PUNCTUATION: [char; 21] = [
    ',', '.', ';', ':', '!', '?', '(', ')', '[', ']', '{', '}', '<', '>', '"', '\'', '`', '“', '”',
    '‘', '’',
];

/// A run of words without the punctuation around it, but with a dot or two with which the name of a file or a path begins: `.env` is not
/// `env`, and `../a` is not `/a`.
pub(super) fn bare(run: &str) -> &str {
    let run = run.trim_end_matches(PUNCTUATION);
    let bare = run.trim_start_matches(PUNCTUATION);
    let before = run.strip_suffix(bare).unwrap_or_default();
    let dots = before.len() - before.trim_end_matches('.').len();
    let is_begun = bare.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '\\' | '_'));
    match run.get(before.len() - dots..) {
        Some(name) if is_begun && dots <= 2 => name,
        _ => bare,
    }
}

/// A word that may lead to a value behind it, without a bracket or a quotation mark before it and a colon behind it, and whether
/// it begins something, so that no word before it counts; nothing where any other sign stands around it or in it.
pub(super) fn leading(word: &str) -> Option<(&str, bool)> {
    let plain = word.strip_suffix(':').unwrap_or(word);
    let begun = plain.trim_start_matches(['(', '[', '{', '<', '"', '\'', '`', '“', '‘']);
    let stands_in = |sign: char| sign.is_alphanumeric() || matches!(sign, '-' | '_' | '\'' | '’');
    let ends_well = begun.ends_with(char::is_alphanumeric);
    (ends_well && begun.chars().all(stands_in)).then_some((begun, begun.len() < plain.len()))
}

/// Whether a sentence ends with a word, be it within brackets or a quotation.
pub(super) fn ends_sentence(word: &str) -> bool {
    let word = word.trim_end_matches([')', ']', '}', '>', '"', '\'', '`', '”', '’', '*', '_']);
    word.ends_with(['.', '!', '?', '…', '。'])
}

pub(super) fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

/// What a word is that may be an id: with a digit, and without brackets, quotation marks and the end of a sentence around it, and a `#`
/// before it. Whatever else stands there, such as `<` or `$`, is a part of it.
pub(super) fn id_in(word: &str) -> Option<&str> {
    let begun = word.trim_start_matches(['(', '[', '"', '\'', '`', '“', '‘']);
    let id = begun.strip_prefix('#').unwrap_or(begun);
    let ends = |sign: char| {
        matches!(sign, ',' | '.' | ';' | ':' | '!' | '?' | ')' | ']' | '"' | '\'' | '`' | '”' | '’')
    };
    let id = id.trim_end_matches(ends);
    has_digit(id).then_some(id)
}

/// Whether a word is a number and nothing else.
pub(super) fn is_number(word: &str) -> bool {
    number_in(word).is_some()
        && word.bytes().all(|byte| byte.is_ascii_digit() || b".,".contains(&byte))
}

/// Whether the number before a word is a quantity by it: where the word goes on with the digits, is a sign, a currency or another
/// measure.
pub(super) fn is_unit(word: &str) -> bool {
    let word = bare(word);
    let Some(first) = word.chars().next() else { return false };
    let is_picture = matches!(first, '\u{2600}'..='\u{27bf}' | '\u{1f300}'..='\u{1faff}');
    if first.is_alphabetic() {
        let is_currency = word.len() == 3 && CURRENCIES.split(' ').any(|code| code == word);
        is_currency || MEASURES.contains(&word.to_lowercase().as_str())
    } else if first.is_ascii_digit() {
        is_number(word)
    } else {
        !is_picture && !"#@-–—&/+*•|=~→".contains(first) && !has_digit(word)
    }
}

/// Words that count, and no thing that is called so.
const MEASURES: [&str; 21] = [
    "am",
    "pm",
    "a.m",
    "p.m",
    "o'clock",
    "o’clock",
    "percent",
    "pct",
    "per",
    "euro",
    "euros",
    "dollar",
    "dollars",
    "pound",
    "pounds",
    "cent",
    "cents",
    "yen",
    "francs",
    "times",
    "x",
];

/// The codes of ISO 4217.
const CURRENCIES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND \
    BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB \
    EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY \
    KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR \
    MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF \
    SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS \
    UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG";

/// The one decimal form of a word that is a number.
pub(super) fn number_in(word: &str) -> Option<String> {
    let word = bare(word);
    let word = word.strip_prefix(['$', '€', '£', '#']).unwrap_or(word);
    let word = word.strip_suffix(['%', '€']).unwrap_or(word);
    let (whole, fraction) = word.split_once('.').unwrap_or((word, ""));
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", whole),
    };
    let mut groups = digits.split(',');
    let first = groups.next()?;
    let grouped = groups.clone().next().is_some();
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let well_grouped = !grouped || first.len() <= 3 && groups.clone().all(|g| g.len() == 3);
    let fraction_fits = fraction.is_empty() || is_digits(fraction);
    if !well_grouped || !is_digits(first) || !groups.all(is_digits) || !fraction_fits {
        return None;
    }
    let digits = digits.replace(',', "");
    let (digits, fraction) = (digits.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let digits = if digits.is_empty() { "0" } else { digits };
    let sign = if digits == "0" && fraction.is_empty() { "" } else { sign };
    Some(match fraction {
        "" => format!("{sign}{digits}"),
        fraction => format!("{sign}{digits}.{fraction}"),
    })
}
