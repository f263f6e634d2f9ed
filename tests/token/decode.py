#!/usr/bin/env python3
"""A second implementation of the token format, written from src/manual/token-format.md.

    python3 tests/token/decode.py testdata/tokens/vectors.json

reads every test vector and says where it disagrees. It needs the standard library alone, and is made to be read, not to
be fast: nothing here runs in constant time, so it must not guard anything.
"""

import base64, binascii, functools, hashlib, hmac, ipaddress, json, re, struct, sys, unicodedata, zlib

NEVER = 2**64 - 1


class Refused(Exception):
    def __init__(self, reason, block=None):
        self.reason, self.block = reason, block


# Ed25519 (RFC 8032, section 5.1), strictly. Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, x*y = T/Z.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ZERO = (0, 1, 1, 0)


def point_add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * p[3] * q[3] * D, 2 * p[2] * q[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_mul(n, p):
    total = ZERO
    while n:
        if n & 1:
            total = point_add(total, p)
        p, n = point_add(p, p), n >> 1
    return total


def point_bytes(p):
    inverse = pow(p[2], P - 2, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


@functools.lru_cache(maxsize=None)
def point_of(octets):
    """The point, or None where the bytes are none or one of small order."""
    y = int.from_bytes(octets, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if len(octets) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    point = (x, y, 1, x * y % P)
    return None if point_bytes(point_mul(8, point)) == point_bytes(ZERO) else point


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def public_half(seed):
    digest = hashlib.sha512(seed).digest()
    secret = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
    return point_bytes(point_mul(secret, BASE))


def signature_holds(key, message, signature):
    if len(signature) != 64:
        return False
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if s >= L or point_of(key) is None or point_of(r) is None:
        return False
    k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    return point_bytes(point_add(point_mul(s, BASE), point_mul(L - k, point_of(key)))) == r


# Digests and key ids.

def domain(name):
    return b"permitgate/" + name.encode() + b"\0"


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def key_id(algorithm, key):
    name = {1: "key/1/ed25519", 2: "key/1/shared"}[algorithm]
    return bytes([algorithm]) + sha(domain(name), key)[:15]


def u64(number):
    return struct.pack(">Q", number)


def string(text):
    return u64(len(text.encode())) + text.encode()


# CBOR: a reader that takes long heads, and a writer of the one form.

class Malformed(Exception):
    pass


class Reader:
    def __init__(self, octets):
        self.octets, self.at = octets, 0

    def take(self, count):
        if count > len(self.octets) - self.at:
            raise Malformed("cut short")
        self.at += count
        return self.octets[self.at - count:self.at]

    def head(self):
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if info > 27:
            raise Malformed("a head that is reserved, or of no length")
        return major, info, info if info < 24 else int.from_bytes(self.take(1 << info - 24), "big")

    def array(self):
        major, _, count = self.head()
        if major != 4:
            raise Malformed("no array")
        return count

    def item(self, depth=12):
        major, info, number = self.head()
        if depth == 0:
            raise Malformed("nested deeper than anything here")
        if major == 0:
            return number
        if major == 1:
            return -1 - number
        if major == 2:
            return self.take(number)
        if major == 3:
            try:
                return self.take(number).decode("utf-8")
            except UnicodeDecodeError:
                raise Malformed("no UTF-8")
        if major == 4:
            items = []
            for _ in range(number):
                items.append(self.item(depth - 1))
            return items
        if major == 5:
            fields, last = {}, -1
            for _ in range(number):
                key = self.item(depth - 1)
                if type(key) is not int or key <= last:
                    raise Malformed("keys that do not ascend")
                fields[key], last = self.item(depth - 1), key
            return fields
        if major == 7 and info in (20, 21):
            return info == 21
        if major == 7 and info == 27:
            return struct.unpack(">d", u64(number))[0]
        raise Malformed("a type that is not used")


def head(major, number):
    for info, (limit, form) in enumerate([(2**8, ">B"), (2**16, ">H"), (2**32, ">I"), (2**64, ">Q")], 24):
        if number < 24:
            return bytes([major << 5 | number])
        if number < limit:
            return bytes([major << 5 | info]) + struct.pack(form, number)


def write(value):
    if value is True or value is False:
        return b"\xf5" if value else b"\xf4"
    if type(value) is int:
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if type(value) is float:
        return b"\xfb" + struct.pack(">d", value)
    if type(value) is bytes:
        return head(2, len(value)) + value
    if type(value) is str:
        return head(3, len(value.encode())) + value.encode()
    if type(value) is dict:
        return head(5, len(value)) + b"".join(write(key) + write(value[key]) for key in sorted(value))
    return head(4, len(value)) + b"".join(map(write, value))


# The tables of structures: functions that take what was read and give the one form of it.

ABSENT = object()


def check(holds, what="a value of a wrong kind"):
    if not holds:
        raise Malformed(what)


def fixed(length):
    def read(value):
        check(type(value) is bytes and len(value) == length)
        return value
    return read


def number(most=NEVER, default=None, least=0):
    def read(value):
        check(type(value) is int and least <= value <= most)
        return ABSENT if value == default else value
    return read


def text(value):
    check(type(value) is str)
    return value


def truth(value):
    check(type(value) is bool)
    return value


def flag(value):
    return truth(value) or ABSENT


def public_key(value):
    check(type(value) is bytes and len(value) == 32 and point_of(value) is not None, "no key")
    return value


def items(of, ascending=None, keep_empty=False):
    def read(value):
        check(type(value) is list)
        values = [of(item) for item in value]
        if ascending:
            values = sorted({ascending(item): item for item in values}.values(), key=lambda item: ascending(item).encode())
        return values if values or keep_empty else ABSENT
    return read


def tuple_of(*kinds):
    def read(value):
        check(type(value) is list and len(value) == len(kinds))
        return [kind(item) for kind, item in zip(kinds, value)]
    return read


def record(fields, required=()):
    def read(value):
        check(type(value) is dict)
        check(all(key in fields for key in value), "a key that is not known")
        check(all(key in value for key in required), "a key that is missing")
        read = {key: fields[key](item) for key, item in value.items()}
        return {key: item for key, item in read.items() if item is not ABSENT}
    return read


def is_name(value):
    return 1 <= len(value.encode()) <= 256 and not any(unicodedata.category(c) == "Cc" for c in value)


PERSON = " -_.@:'&=#+/,;!$%~()"


def reader(value):
    kind, colon, name = text(value).partition(":")
    if colon:
        check(kind in ("principal", "group", "channel", "domain") and is_name(name), "no reader")
        check(kind != "principal" or all(c.isalnum() or c in PERSON for c in name), "no person")
        labels = name.split(".") if kind == "domain" else []
        check(all(label and all(c.isalnum() or c == "-" for c in label) for label in labels), "no domain")
    else:
        check(kind in ("invoker", "internal", "public"), "no reader")
    return value


def scalar(value):
    check(type(value) in (str, bool, float) or type(value) is int and -2**63 <= value <= NEVER)
    return value


def condition(value):
    read = CONDITION_FIELDS(value)
    check(any(key > 2 and key not in (11, 16) for key in value), "a condition without a test")
    check((0 in value) != (20 in value), "a condition of an argument or of the time")
    return read


CONDITION_FIELDS = record({0: text, 1: flag, 2: flag, 3: truth, 4: scalar, 5: items(scalar, keep_empty=True), 6: scalar, 7: scalar,
                    8: text, 10: number(15, least=1), 11: number(2), 12: items(text, keep_empty=True),
                    13: items(text, keep_empty=True), 14: items(text, keep_empty=True), 15: number(), 16: flag, 17: text,
                    18: text, 19: text, 20: text, 21: items(text, keep_empty=True), 22: text, 23: text}, required=[])
READERS = items(reader, keep_empty=True)
STATEMENT = record({0: text, 1: number(2), 2: number(127), 3: items(text), 4: items(text), 5: READERS, 6: READERS,
                    7: items(condition), 8: flag, 9: flag, 10: items(text), 11: flag}, required=[0, 1, 2])
STATEMENTS = items(STATEMENT, keep_empty=True)
BUDGET_FIELDS = record({0: text, 1: text, 2: number(), 3: number(), 4: number(127), 5: number(), 6: number(255),
                        7: number(255, default=0), 8: number(255), 9: number()}, required=[0, 2, 4])


def budget(value):
    read = BUDGET_FIELDS(value)
    check(6 not in read or 1 not in read and 1 <= read[6] <= 4, "no measure")
    check(9 not in read or read.get(6) == 4, "halts without repeats")
    check(7 not in value or 1 in read, "decimals without a sum")
    check(read.get(8, 0) <= 3, "no sharer")
    return read


def is_valid_budget(budget):
    parts = budget.get(1, "absent").split(".")
    return (is_name(budget[0]) and is_name(budget.get(1, "absent")) and all(parts) and budget.get(3) != 0 and budget[4]
            and budget.get(5, 0) <= budget[2] and budget.get(7, 0) <= 9
            and not (budget.get(6) == 3 and 3 in budget) and not (budget.get(6) == 4 and 3 not in budget))
DEMAND = tuple_of(text, public_key, number(1))
BODY = record({0: fixed(16), 1: STATEMENTS, 2: STATEMENTS, 3: number(default=0), 4: number(default=NEVER), 5: text,
               6: public_key, 7: number(255), 8: items(budget),
               9: items(tuple_of(text, STATEMENTS), ascending=lambda right: right[0]),
               10: items(text, ascending=str), 11: text, 12: items(DEMAND), 13: public_key})
CHALLENGE = tuple_of(text, fixed(16), number())
ATTESTATION = record({0: text, 1: public_key, 2: number(1), 3: fixed(32), 4: fixed(32), 5: fixed(16), 6: number()},
                     required=[0, 1, 2, 3, 5, 6])
REVOCATIONS = record({0: number(), 1: number(), 2: number(), 3: items(fixed(16)), 4: items(fixed(16)), 5: items(text)},
                     required=[0, 1, 2])


def read_as(kind, octets, malformed, not_canonical=None):
    """The structure in its one form; two refusals for bytes that are not that."""
    try:
        value = kind(Reader(octets).item())
    except Malformed:
        raise malformed
    if write(value) != octets:
        raise not_canonical or malformed
    return value


def fields_of(octets):
    """The numbers of a body's fields, up to where it cannot be read."""
    reader, fields = Reader(octets), []
    try:
        major, _, count = reader.head()
        for _ in range(count if major == 5 else 0):
            key = reader.item()
            check(type(key) is int and key >= 0)
            reader.item()
            fields.append(key)
    except Malformed:
        pass
    return fields


def read_body(octets, place):
    def kind(value):
        check(not (type(value) is dict and 1 in value and 2 in value), "grants and restricts")
        return BODY(value)
    return read_as(kind, octets, Refused("malformed", place), Refused("not-canonical", place))


# Statements: whether a list of them is valid, and as policy data in JSON.

def is_word(letter):
    """A letter or digit of some script. Marks that Unicode counts as letters are none to Python's library."""
    return letter is not None and letter.isalnum()


def stands(letter):
    return is_word(letter) or letter in "-_.@:'&=#"


def letters_of(pattern):
    """The characters that a pattern is about, None for each star; or None as a whole where an escape is none."""
    letters = []
    for number, piece in enumerate(pattern.split("*")):
        letters += [None] if number else []
        for part in re.split("((?:%[0-9A-F]{2})+)", piece):
            try:
                letters += bytes.fromhex(part.replace("%", "")).decode() if re.match("%[0-9A-F]{2}", part) else part
            except UnicodeDecodeError:
                return None
    return letters


def written(letters, is_segment):
    """The one form of a pattern: what stands as it is, and everything else as an escape."""
    out, start = "", 0
    while start < len(letters):
        end = next((at + 1 for at in range(start, len(letters)) if not is_segment and letters[at] == "/"), len(letters))
        segment = letters[start:end]
        name = segment[:-1] if not is_segment and segment[-1] == "/" else segment
        dots = all(letter == "." for letter in name) and (is_segment or len(name) > 2)
        for place, letter in enumerate(segment):
            before = segment[place - 1] if place else ""
            after = segment[place + 1] if place + 1 < len(segment) else ""
            as_it_is = {
                None: True,
                ".": not dots and after is not None,
                ":": place > 0,
                "+": is_word(after) and (place == 0 or is_word(before)),
                " ": out != "" and place + 1 < len(segment),
                "/": not is_segment,
            }.get(letter, letter is None or stands(letter))
            out += letter or "*" if as_it_is else "".join(f"%{octet:02X}" for octet in letter.encode())
        start = end
    return out


def is_pattern(text, is_segment):
    """A text in which stars may stand, with everything in it in its one form."""
    letters = letters_of(text)
    return text.count("*") <= 8 and "**" not in text and letters is not None and written(letters, is_segment) == text


def is_tool(name):
    return (is_name(name) and name.strip(" ") == name and not (name[0] == "/" == name[-1])
            and all(stands(letter) or letter in "/ " for letter in name))


def is_bindable(name):
    return (name[:1].isalpha() or name[:1] == "_") and all(is_word(letter) or letter in "_-" for letter in name)


def bound_names_of(pattern):
    """The names that a pattern binds, or None where it is no pattern."""
    segments, names, rests = pattern.split("/"), set(), 0
    if len(pattern.encode()) > 1024 or len(segments) > 31:
        return None
    for place, segment in enumerate(segments):
        if segment == "**":
            rests += place == 0 or segments[place - 1] != "**"
        elif segment in ("", ".", ".."):
            return None
        elif len(segment) > 1 and segment[0] == "{" and segment[-1] == "}":
            if not is_bindable(segment[1:-1]):
                return None
            names.add(segment[1:-1])
        elif not is_pattern(segment, True):
            return None
    return names if rests <= 4 else None


def is_finite(value):
    return type(value) is not float or value - value == 0


def is_label(label):
    return re.fullmatch(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", label) is not None


def is_host(text):
    """A name in small letters, or an address in the form that it is printed in."""
    try:
        address = ipaddress.ip_address(text)
        mapped = getattr(address, "ipv4_mapped", None)
        return mapped is None and "%" not in text and str(address) == text
    except ValueError:
        labels = text.split(".")
        last = labels[-1]
        return (len(text) <= 253 and all(map(is_label, labels)) and re.search("[a-z]", last) is not None
                and re.fullmatch("0x[0-9a-f]*", last) is None)


def is_network(text):
    try:
        network = ipaddress.ip_network(text, strict=True)
    except ValueError:
        return False
    bits = text.split("/")[1:]
    in_one_form = not bits or bits[0] == str(network.prefixlen)
    mapped = ipaddress.ip_network("::ffff:0:0/96")
    mixed = network.version == 6 and network.prefixlen and network != mapped and network.supernet_of(mapped)
    return in_one_form and not mixed


def is_folder(text):
    names = text.removeprefix("/").split("/")
    bad = lambda name: name in ("", ".", "..") or re.search(r"[\\\\*\x00-\x1f\x7f-\x9f]", name)
    return text in (".", "/") or len(text.encode()) <= 1024 and names[0][:1] != "~" and not any(map(bad, names))


def are_valid_regions(condition):
    of = {12: is_host, 13: is_folder, 14: is_network}
    return all(1 <= len(condition[key]) <= 256 and all(map(valid, condition[key]))
               for key, valid in of.items() if key in condition)


def is_foldable(c):
    """Of the letters that the vectors have: systems agree which one is capital."""
    return c.isascii() or c.lower() != c.upper() and len(c.lower()) == len(c.upper()) == 1 and c.upper().lower() == c.lower() and c.lower().upper() == c.upper()


def is_expression(text):
    """What both this language and the crate take; vectors of expressions keep to that."""
    if len(text.encode()) > 1024 or "(?u" in text or re.search(r"\\[0-9pP]|\(\?[=!<]", text):
        return False
    try:
        re.compile(text)
        return True
    except re.error:
        return False


DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def is_days(text):
    days = text.split("-")
    return all(day in DAYS for day in days) and (len(days) == 1 or len(days) == 2 and days[0] != days[1])


def is_time(text, last):
    return bool(re.fullmatch("[0-9]{2}:[0-5][0-9]", text)) and text <= last


# Which names are zones depends on the database of the reader; here only the form of a name is looked at.
def is_valid_window(condition):
    zone, days, begin, end = condition[20], condition.get(21), condition.get(22), condition.get(23)
    return (set(condition) <= {1, 20, 21, 22, 23}
            and (zone == "UTC" or "/" in zone and not zone.startswith("Etc/"))
            and (days is not None or begin is not None)
            and (days is None or 1 <= len(days) <= 256 and all(map(is_days, days)))
            and (begin is None) == (end is None)
            and (begin is None or is_time(begin, "23:59") and is_time(end, "24:00") and begin != end))


def is_valid_condition(condition):
    if 20 in condition:
        return is_valid_window(condition)
    if {21, 22, 23} & set(condition):
        return False
    path, size = condition[0].split("."), len(condition[0].encode())
    tests = sum(key in condition for key in (3, 4, 5, 8, 10, 12, 13, 14, 15, 17, 18, 19)) + (6 in condition or 7 in condition)
    if tests != 1 or size > 1024 or len(path) > 16 or "" in path or 2 in condition and 3 in condition:
        return False
    stars = path.count("*")
    if stars and (path[0] == "*" or stars > (2 if 11 in condition else 1) or not {10, 11} & set(condition)):
        return False
    if 11 in condition and (not stars or {3, 10} & set(condition)):
        return False
    if not are_valid_regions(condition):
        return False
    if 16 in condition:
        texts = condition.get(5, []) + [condition[key] for key in (4, 8) if key in condition]
        if not texts or not all(type(text) is str and all(is_foldable(c) for c in text) for text in texts):
            return False
    if 17 in condition and not is_expression(condition[17]):
        return False
    if 18 in condition:
        other = condition[18].split(".")
        if len(condition[18].encode()) > 1024 or len(other) > 16 or "" in other or "*" in other:
            return False
    if 19 in condition and not is_bindable(condition[19]):
        return False
    values = condition.get(5, []) + [condition[key] for key in (4, 6, 7) if key in condition]
    if not all(is_finite(value) and (type(value) is not str or len(value.encode()) <= 1024) for value in values):
        return False
    limits = [condition[key] for key in (6, 7) if key in condition]
    if any(type(limit) in (str, bool) for limit in limits) or len(limits) == 2 and limits[0] > limits[1]:
        return False
    if 5 in condition and not 1 <= len(condition[5]) <= 4096:
        return False
    matches = condition.get(8, "")
    return len(matches.encode()) <= 1024 and is_pattern(matches, False)


def is_valid_statement(statement, in_grants):
    permit, forbid, after_untrusted = statement[1] == 0, statement[1] == 2, 9 in statement
    can_grant = in_grants and not forbid and not after_untrusted
    otherwise = 11 in statement
    return (is_name(statement[0]) and len(statement[0].encode()) <= 128
            and (in_grants or not permit)
            and statement[2] != 0
            and all(len(statement.get(key, [])) <= 256 for key in (3, 4, 5, 6, 7, 10))
            and all(map(is_tool, statement.get(3, [])))
            and (4 in statement or not can_grant)
            and all(bound_names_of(pattern) is not None for pattern in statement.get(4, []) + statement.get(10, []))
            and not any(set(pattern.split("/")) == {"**"} or pattern in statement.get(4, []) for pattern in statement.get(10, []))
            and not (otherwise and (not can_grant or permit or 6 in statement))
            and (5 not in statement or can_grant and statement[5] != [])
            and (6 not in statement or not permit and statement[6] != [])
            and (8 not in statement or permit) and not (after_untrusted and permit)
            and all(map(is_valid_condition, statement.get(7, []))))


def are_valid(statements, in_grants):
    names = set().union(*[bound_names_of(p) or () for s in statements for p in s.get(4, []) + s.get(10, [])])
    names |= {condition[19] for s in statements for condition in s.get(7, []) if 19 in condition}
    return (len({statement[0] for statement in statements}) == len(statements) <= 100_000
            and len(names - {"invoker", "agent"}) <= 16
            and all(is_valid_statement(statement, in_grants) for statement in statements))


def members(bits, names):
    return [name for place, name in enumerate(names) if bits >> place & 1]


OPERATIONS = ["read", "create", "update", "delete", "execute", "share", "administer"]


def condition_data(condition):
    names = ["argument", "not", "optional", "present", "equals", "one_of", "at_least", "at_most", "matches"]
    data = {name: condition[key] for key, name in enumerate(names) if key in condition}
    if 10 in condition:
        origins = members(condition[10], ["user", "directory", "result", "program"])
        data["endorsed"] = "any" if len(origins) == 4 else origins[0] if len(origins) == 1 else origins
    if 11 in condition:
        data["holds_for"] = ["all", "some", "none"][condition[11]]
    for key, name in {12: "under", 13: "below", 14: "in_network"}.items():
        if key in condition:
            texts = condition[key]
            data[name] = texts[0] if len(texts) == 1 else texts
    if 21 in condition:
        data["days"] = condition[21][0] if len(condition[21]) == 1 else condition[21]
    for key, name in {20: "clock", 22: "from", 23: "until", 15: "at_most_elements", 16: "case_blind", 17: "regex", 18: "equals_argument", 19: "equals_bound"}.items():
        if key in condition:
            data[name] = condition[key]
    return data


def statement_data(statement):
    names = ["id", "effect", "operations", "tools", "resources", "readers", "beyond", "when", "only_while_trusted", "after_untrusted", "except_resources", "otherwise"]
    data = {name: statement[key] for key, name in enumerate(names) if key in statement}
    data["effect"] = ["permit", "require_approval", "forbid"][statement[1]]
    data["operations"] = members(statement[2], OPERATIONS)
    if 7 in statement:
        data["when"] = [condition_data(condition) for condition in statement[7]]
    return data


def budget_data(budget):
    more = {5: "ask_from", 6: "measure", 7: "decimals", 8: "share", 9: "halts"}
    return {"name": budget[0], "argument": budget.get(1), "at_most": budget[2], "per": budget.get(3),
            "operations": members(budget[4], OPERATIONS)} | {more[key]: budget[key] for key in more if key in budget}


# The chain.

class Token:
    """The envelope, who says so from the bytes where the issuers that are trusted are given, then each body."""

    def __init__(self, octets, trust=None):
        if len(octets) > 65_536:
            raise Refused("too-long")
        reader = Reader(octets)
        try:
            self.read_envelope(reader)
        except Malformed:
            raise Refused("malformed")
        blocks = self.signed if not self.shared else [body for body, _ in self.signed]
        if write([1, self.issuer, blocks, self.end]) != octets:
            raise Refused("not-canonical")
        self.links = []
        for octets, _ in self.signed:
            before = domain("token/1/block") + self.links[-1] if self.links else domain("token/1/root") + self.issuer
            self.links.append(sha(before, octets))
        if trust is not None:
            if self.issuer not in trust:
                raise Refused("unknown-key")
            key = trust[self.issuer]["key"]
            self.check_tags(key) if self.shared else self.check_root(key)
        self.bodies = [read_body(octets, place) for place, (octets, _) in enumerate(self.signed)]

    def read_envelope(self, reader):
        check(reader.array() == 4)
        if number()(reader.item()) != 1:
            raise Refused("unknown-version")
        self.issuer = fixed(16)(reader.item())
        count = reader.array()
        if count > 64:
            raise Refused("too-many-blocks")
        check(count > 0)
        if self.issuer[0] not in (1, 2):
            raise Refused("unknown-key")
        self.shared, pair = self.issuer[0] == 2, tuple_of(fixed_bytes, fixed(64))
        blocks = [reader.item() for _ in range(count)]
        self.signed = [(block, None) if type(block) is bytes else pair(block) for block in blocks]
        if any((signature is None) != self.shared for _, signature in self.signed):
            raise Refused("wrong-kind")
        end = reader.item()
        check(type(end) is list and end and type(end[0]) is int)
        kinds = {0: tuple_of(number(0), fixed(32)), 1: tuple_of(number(1), fixed_bytes), 2: tuple_of(number(2))}
        check(end[0] in kinds)
        self.end = kinds[end[0]](end)

    def holder_key(self):
        keys = [body.get(6) for body in self.bodies]
        return next((key for key in keys if key), None) if self.shared else keys[-1]

    def check_root(self, key):
        if not signature_holds(key, domain("token/1/sign") + self.links[0], self.signed[0][1]):
            raise Refused("wrong-signature", 0)

    def check_signatures(self, key):
        for place, (body, (_, signature)) in enumerate(zip(self.bodies, self.signed)):
            if not signature_holds(key, domain("token/1/sign") + self.links[place], signature):
                raise Refused("wrong-signature", place)
            if (6 in body) == (13 in body):
                raise Refused("invalid-block", place)
            key = body.get(6) or body.get(13)
        kind, bound = self.end[0], 6 in self.bodies[-1]
        fits = (not bound and public_half(self.end[1]) == key if kind == 0
                else not bound and signature_holds(key, domain("token/1/seal") + self.links[-1], self.end[1]) if kind == 1
                else bound)
        if not fits:
            raise Refused("wrong-end")

    def check_tags(self, tag):
        bound = False
        for place, (octets, _) in enumerate(self.signed):
            fields = fields_of(octets)
            if 13 in fields:
                raise Refused("invalid-block", place)
            if bound and 6 in fields:
                raise Refused("holder-rebound", place)
            bound = bound or 6 in fields
        for link in self.links:
            tag = mac(tag, domain("token/1/tag"), link)
        if self.end[0] == 2:
            raise Refused("wrong-end")
        expected = tag if self.end[0] == 0 else mac(tag, domain("token/1/seal"), self.links[-1])
        if not hmac.compare_digest(expected, self.end[1]):
            raise Refused("wrong-signature")

    def meaning(self, issuer):
        """What all blocks come to, if each may say what it says."""
        terms = {"not_before": issuer.get("from", 0), "expires": issuer.get("until", NEVER), "holder": None, "delegable": 63, "rights": [], "budgets": []}
        for place, body in enumerate(self.bodies):
            self.narrow(terms, place, body)
        return terms

    def narrow(self, terms, place, body):
        def need(holds, reason="invalid-block"):
            if not holds:
                raise Refused(reason, place)
        root, demands, budgets, rights = place == 0, body.get(12, []), body.get(8, []), body.get(9, [])
        need((0 in body) == root)
        need(1 in body and 10 not in body and 11 not in body if root else 9 not in body)
        need(len(demands) <= 16 and all(is_name(claim) for claim, _, _ in demands))
        need(are_valid(body.get(1, []), True) and are_valid(body.get(2, []), False), "invalid-statement")
        need(all(are_valid(statements, True) for _, statements in rights), "invalid-statement")
        need(is_name(body.get(5, "absent")) and len(budgets) <= 16)
        need(all(map(is_valid_budget, budgets)))
        need(len({budget[0] for budget in budgets}) == len(budgets))
        need(len(rights) <= 16 and all(is_name(name) for name, _ in rights))
        if not root:
            need(terms["delegable"] > 0, "too-deep")
            terms["delegable"] -= 1
            need(11 not in body or body[11] in terms["rights"])
            need(all(name in terms["rights"] for name in body.get(10, [])))
        terms["delegable"] = min(terms["delegable"], body.get(7, 255))
        terms["rights"] = [name for name, _ in rights] if root else body.get(10, [])
        terms["not_before"] = max(terms["not_before"], body.get(3, 0))
        terms["expires"] = min(terms["expires"], body.get(4, NEVER))
        terms["holder"] = body.get(5, terms["holder"])
        terms["budgets"] += budgets

    def summary(self, terms, expires):
        blocks = []
        for link, body in zip(self.links, self.bodies):
            statements = body.get(1, body.get(2))
            blocks.append({"id": link[:16].hex(), "granting": None if statements is None else 1 in body,
                           "statements": None if statements is None else [statement_data(s) for s in statements]})
        key = self.holder_key()
        return {"issuer": self.issuer.hex(), "blocks": blocks, "link": self.links[-1].hex(), "holder": terms["holder"],
                "holder_key": key and key.hex(), "sealed": self.end[0] == 1, "not_before": terms["not_before"],
                "expires": None if expires == NEVER else expires, "delegable": terms["delegable"],
                "hand_on": terms["rights"], "budgets": [budget_data(budget) for budget in terms["budgets"]]}


def fixed_bytes(value):
    check(type(value) is bytes)
    return value


# What is presented with a token.

def action_digest(action):
    operation = OPERATIONS.index(action["operation"])
    reversible = action.get("reversible", operation == 0)
    room = {"values": 100_000, "bytes": 16 * 1024 * 1024}
    return sha(domain("action/1"), string(action["tool"]), bytes([operation, not reversible]), string(action["resource"]),
               audience(action.get("audience")), bytes([action.get("untrusted", False), 0]),
               object_bytes(action.get("arguments", {}), 64, room))


def audience(of):
    if of in (None, "internal", "public"):
        return {None: b"\0", "internal": b"\4", "public": b"\5"}[of]
    if "recipients" in of:
        names = sorted(set(of["recipients"]), key=str.encode)
        return b"\1" + u64(len(names)) + b"".join(map(string, names))
    return b"\2" + string(of["group"]) if "group" in of else b"\3" + string(of["channel"])


def object_bytes(fields, depth, room):
    if depth == 0:
        raise Refused("action-not-frozen")
    parts = [u64(len(fields))]
    for name in sorted(fields, key=str.encode):
        room["bytes"] -= len(name.encode())
        parts += [string(name), value_bytes(fields[name], depth - 1, room)]
    return b"".join(parts)


def value_bytes(value, depth, room):
    room["values"] -= 1
    room["bytes"] -= len(value.encode()) if type(value) is str else 0
    if room["values"] < 0 or room["bytes"] < 0:
        raise Refused("action-not-frozen")
    if value is None:
        return b"\0"
    if type(value) is bool:
        return bytes([1, value])
    if type(value) is int:
        return b"\2" + value.to_bytes(16, "big", signed=True)
    if type(value) is float:
        return b"\3" + struct.pack(">d", value)
    if type(value) is str:
        return b"\4" + string(value)
    if type(value) is dict:
        return b"\6" + object_bytes(value, depth, room)
    if depth == 0:
        raise Refused("action-not-frozen")
    return b"\5" + u64(len(value)) + b"".join(value_bytes(item, depth - 1, room) for item in value)


def read_challenge(octets):
    challenge = read_as(CHALLENGE, octets, Refused("unknown-challenge"))
    if not is_name(challenge[0]):
        raise Refused("unknown-challenge")
    return challenge


def read_proof(octets):
    def kind(value):
        check(type(value) is list and value and value[0] in (0, 1))
        return (tuple_of(number(0), fixed_bytes, fixed(64)) if value[0] == 0
                else tuple_of(number(1), fixed(16), number(), fixed(64)))(value)
    proof = read_as(kind, octets, Refused("wrong-proof"))
    if proof[0] == 0:
        try:
            proof[1] = read_challenge(proof[1])
        except Refused:
            raise Refused("wrong-proof")
    return proof


def read_signed(octets, most, reason):
    """A pair of body and signature."""
    if len(octets) > most:
        raise Refused(reason)
    return read_as(tuple_of(fixed_bytes, fixed(64)), octets, Refused(reason))


def read_attestation(octets):
    body, signature = read_signed(octets, 4096, "wrong-attestation")
    said = read_as(ATTESTATION, body, Refused("wrong-attestation"))
    if (4 in said) != (said[2] == 1):
        raise Refused("wrong-attestation")
    return said, domain("attestation/1") + body, signature


class Revocations:
    def __init__(self, signer, within=None):
        self.signer, self.within = signer, within
        self.sequence, self.issued, self.heard, self.revoked = 0, 0, None, set()

    def apply(self, octets, now):
        body, signature = read_signed(octets, 33_554_432, "wrong-list")
        if not signature_holds(self.signer, domain("revocations/1") + body, signature):
            raise Refused("wrong-list")
        entries = read_as(REVOCATIONS, body, Refused("wrong-list"))
        if entries[0] <= self.sequence or entries[2] < self.issued:
            raise Refused("old-list")
        if entries[1] > self.sequence:
            raise Refused("list-gap")
        self.sequence, self.issued = entries[0], entries[2]
        self.revoked |= {(kind, entry) for kind in (3, 4, 5) for entry in entries.get(kind, [])}
        self.heard = max(self.heard or 0, min(self.issued, now))

    def check(self, token, now):
        keys = [key_id(1, body[6]) for body in token.bodies if 6 in body]
        under = {(3, link[:16]) for link in token.links} | {(4, key) for key in [token.issuer, *keys]}
        if self.revoked & (under | {(5, body[5]) for body in token.bodies if 5 in body}):
            raise Refused("revoked")
        if self.within is not None and (self.heard is None or now >= self.heard + self.within):
            raise Refused("revocations-stale")


class Verifier:
    lifetime, ahead = 60_000, 5_000

    def __init__(self, name, trust, revocations):
        self.name, self.trust, self.revocations = name, trust, revocations
        self.latest, self.used = 0, set()

    def present(self, octets, now, proof=None, attestations=(), action=None):
        token = Token(octets, self.trust)
        issuer = self.trust[token.issuer]
        if not token.shared:
            token.check_signatures(issuer["key"])
        terms = token.meaning(issuer)
        if now < issuer.get("from", 0) or now >= issuer.get("until", NEVER) != NEVER:
            raise Refused("key-not-valid")
        if now < terms["not_before"]:
            raise Refused("not-yet-valid")
        if now >= terms["expires"] != NEVER:
            raise Refused("expired")
        self.revocations.check(token, now)
        holder = token.holder_key()
        demands = [(place, demand) for place, body in enumerate(token.bodies) for demand in body.get(12, [])]
        digest = action and action_digest(action)
        expires, spent = terms["expires"], []
        if holder or demands:
            self.latest = now = max(self.latest, now)
            if holder:
                spent.append(self.check_proof(proof, holder, token.links[-1], digest, now))
            if len(attestations) > 16:
                raise Refused("wrong-attestation")
            for place, demand in demands:
                said, once = self.answer(attestations, demand, place, token, digest, now)
                expires = min(expires, said[6])
                spent += [once] if once and once not in spent else []
            self.spend(spent)
        return token.summary(terms, expires)

    def check_proof(self, proof, holder, link, digest, now):
        if proof is None:
            raise Refused("proof-needed")
        if proof[0] == 0:
            (verifier, nonce, ends), signature = proof[1:]
            message = domain("proof/1/challenge") + string(verifier) + nonce + u64(ends) + link
            if verifier != self.name or not signature_holds(holder, message, signature):
                raise Refused("wrong-proof")
            if now >= ends:
                raise Refused("unknown-challenge")
            return ("unknown-challenge", ends, nonce)
        nonce, made, signature = proof[1:]
        if digest is None:
            raise Refused("action-needed")
        message = domain("proof/1/action") + string(self.name) + nonce + u64(made) + link + digest
        if not signature_holds(holder, message, signature):
            raise Refused("wrong-proof")
        if now >= made + self.lifetime or made > now + self.ahead:
            raise Refused("proof-expired")
        return ("proof-replayed", made + self.lifetime, nonce, holder)

    def answer(self, attestations, demand, place, token, digest, now):
        refused = None
        for said, message, signature in attestations:
            if [said[0], said[1], said[2]] == demand:
                holds = said[3] in token.links[place:] and signature_holds(said[1], message, signature)
                reason = self.fault_of(said, holds, digest, now)
                if reason is None:
                    return said, said[2] and ("attestation-replayed", said[6], said[5], said[1])
                refused = refused or reason
        raise Refused(refused or "attestation-missing", place)

    def fault_of(self, said, holds, digest, now):
        if not holds:
            return "wrong-attestation"
        if now >= said[6]:
            return "attestation-expired"
        if said[2] == 1 and digest is None:
            return "action-needed"
        if said[2] == 1 and said[4] != digest:
            return "wrong-attestation"
        if said[2] == 1 and said[6] > now + 86_400_000:
            return "wrong-attestation"
        return None

    def spend(self, spent):
        for once in spent:
            # This verifier never asks, so no challenge is open.
            if once in self.used or once[0] == "unknown-challenge":
                raise Refused(once[0])
        self.used |= set(spent)


# Text forms.

PREFIXES = {"token": "pgt1_", "public-key": "pgpk1_", "signing-key": "pgsk1_", "shared-secret": "pgss1_"}


def read_text(of, written):
    prefix, wrong = PREFIXES[of], Refused("wrong-text")
    written = written.strip(" \t\n\f\r")
    digits = written[len(prefix):]
    if not written.startswith(prefix) or not re.fullmatch("[A-Za-z0-9_-]*", digits) or of == "token" and len(digits) > 87_389:
        raise wrong
    try:
        content = base64.urlsafe_b64decode(digits + "=" * (-len(digits) % 4))
    except binascii.Error:
        raise wrong
    content, checksum = content[:-4], content[-4:]
    if base64.urlsafe_b64encode(content + checksum).rstrip(b"=").decode() != digits:
        raise wrong
    if checksum != zlib.crc32(prefix.encode() + content).to_bytes(4, "big"):
        raise wrong
    if of == "token":
        Token(content)
        return {"bytes": content.hex()}
    if len(content) != 32 or of == "public-key" and point_of(content) is None:
        raise wrong
    public = {"public-key": content, "signing-key": public_half(content)}.get(of)
    return {"bytes": content.hex(), "id": (key_id(1, public) if public else key_id(2, content)).hex()}


# The vectors.

def octets(value):
    return bytes.fromhex(value) if type(value) is str else bytes.fromhex(value["hex"]) + bytes(value["zeros"])


def outcome(run, *arguments, **named):
    try:
        return {"ok": run(*arguments, **named)}
    except Refused as refused:
        return {"reason": refused.reason, "block": refused.block}


def present(verifier, step):
    proof = read_proof(octets(step["proof"])) if "proof" in step else None
    attestations = [read_attestation(octets(said)) for said in step.get("attestations", [])]
    return verifier.present(octets(step["token"]), step["now"], proof, attestations, step.get("action"))


def steps(name, vector):
    """What every step of a vector should come to, and what it comes to."""
    kind, expected = vector["kind"], vector.get("expect")
    if kind == "present":
        trust = {}
        for issuer in vector["trust"]:
            algorithm, key = (1, octets(issuer["public"])) if "public" in issuer else (2, octets(issuer["shared"]))
            trust[key_id(algorithm, key)] = {**issuer, "key": key}
        given = vector.get("revocations", {"signer": "", "lists": []})
        revocations = Revocations(octets(given["signer"]), given.get("within"))
        for entry in given["lists"]:
            revocations.apply(octets(entry["list"]), entry["now"])
        verifier = Verifier(name, trust, revocations)
        return [(step["expect"], outcome(present, verifier, step)) for step in vector["steps"]]
    if kind == "lists":
        revocations = Revocations(octets(vector["signer"]))
        return [(entry["expect"], outcome(lambda e: revocations.apply(octets(e["list"]), e["now"]) or {}, entry))
                for entry in vector["lists"]]
    if kind == "digest":
        return [(expected, action_digest(vector["action"]).hex())]
    if kind == "text":
        return [(expected, outcome(read_text, vector["of"], vector["text"]))]
    if kind == "challenge":
        return [(expected, outcome(lambda b: dict(zip(["verifier", "expires"], read_challenge(b)[::2])), octets(vector["bytes"])))]
    if kind == "proof":
        return [(expected, outcome(lambda b: read_proof(b) and {}, octets(vector["bytes"])))]
    if kind == "attestation":
        said = lambda b: (lambda s: {"claim": s[0], "attester": s[1].hex(), "expires": s[6]})(read_attestation(b)[0])
        return [(expected, outcome(said, octets(vector["bytes"])))]
    raise ValueError(kind)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        vectors = json.load(file)
    wrong = count = 0
    for vector in vectors["vectors"]:
        for place, (expected, found) in enumerate(steps(vectors["verifier"], vector)):
            count += 1
            # As text, so that 1, 1.0 and true differ.
            if json.dumps(expected, sort_keys=True) != json.dumps(found, sort_keys=True):
                wrong += 1
                print(f"{vector['name']}, step {place}:\n  expected {expected}\n  found    {found}")
    print(f"{len(vectors['vectors'])} vectors, {count} steps, {wrong} disagreements")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
