"""Check digits of the numbers that states, banks and card issuers hand out. Texts in, true or false out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
IBAN_LENGTHS: Mapping[str, int] = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "BR": 29, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
    "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23,
    "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28,
    "PT": 25, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29,
}  # fmt: skip
ISSUERS = (
    (re.compile(r"4"), (13, 16, 19)),  # Visa
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),  # Mastercard
    (re.compile(r"3[47]"), (15,)),  # American Express
    (re.compile(r"3(?:0[0-5]|[689])"), (14, 16)),  # Diners Club
    (re.compile(r"6(?:011|4[4-9]|5)"), (16, 19)),  # Discover
    (re.compile(r"35(?:2[89]|[3-8])"), (16,)),  # JCB
    (re.compile(r"62"), (16, 17, 18, 19)),  # UnionPay
)
FISCAL_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
         10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip


def luhn(digits: str) -> bool:
    """Whether the last digit checks the others. ISO/IEC 7812-1, annex B.

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in digits[-1::-2])) % 10 == 0


def is_card(text: str) -> bool:
    """A payment card number: an issuer's first digits and length, and the check digit."""
    digits = re.sub(r"[ -]", "", text)
    if not (13 <= len(digits) <= 19 and digits.isascii() and digits.isdigit()) or len(set(digits)) == 1:
        return False
    return any(prefix.match(digits) and len(digits) in sizes for prefix, sizes in ISSUERS) and luhn(digits)


def is_iban(text: str) -> bool:
    """An international bank account number: the country's length and remainder 1 by 97. ISO 13616.

    >>> is_iban("DE89 3704 0044 0532 0130 00"), is_iban("DE88 3704 0044 0532 0130 00")
    (True, False)
    """
    plain = text.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", plain):
        return False
    if IBAN_LENGTHS.get(plain[:2]) != len(plain):
        return False
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def is_ssn(text: str) -> bool:
    """A US social security number: no check digit, but numbers that are never given out are refused.

    >>> is_ssn("123-45-6789"), is_ssn("666-45-6789")
    (True, False)
    """
    return re.fullmatch(r"(?!000|666|9)[0-9]{3}-?(?!00)[0-9]{2}-?(?!0000)[0-9]{4}", text) is not None


def is_nino(text: str) -> bool:
    """A UK National Insurance number: two letters, six digits, A to D; prefixes never given out are refused."""
    plain = text.replace(" ", "").upper()
    shape = r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]"
    return re.fullmatch(shape, plain) is not None


def is_steuer_id(text: str) -> bool:
    """A German tax identification number (IdNr, § 139b AO): 11 digits, checked by ISO/IEC 7064 MOD 11,10.

    Among the first ten digits one occurs two or three times, every other at most once.

    >>> is_steuer_id("86095742719"), is_steuer_id("86095742718")
    (True, False)
    """
    digits = text.replace(" ", "")
    if not re.fullmatch(r"[1-9][0-9]{10}", digits):
        return False
    often = sorted(Counter(digits[:10]).values())
    if often[-1] not in (2, 3) or (len(often) > 1 and often[-2] > 1):
        return False
    product = 10
    for digit in digits[:10]:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return (11 - product) % 10 == int(digits[10])


def is_nir(text: str) -> bool:
    """A French social security number: 13 signs and a key, 97 less the remainder by 97; 2A and 2B are Corsica.

    >>> is_nir("2 55 08 14 168 025 38"), is_nir("2 55 08 14 168 025 39")
    (True, False)
    """
    plain = text.replace(" ", "").upper()
    if not re.fullmatch(r"[1-478][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{8}", plain):
        return False
    number = int(plain[:13].replace("2A", "19").replace("2B", "18"))
    return 97 - number % 97 == int(plain[13:])


def is_dni(text: str) -> bool:
    """A Spanish DNI or NIE: the letter is the remainder by 23; X, Y, Z of a NIE stand for 0, 1, 2.

    >>> is_dni("12345678Z"), is_dni("X1234567L"), is_dni("12345678A")
    (True, True, False)
    """
    plain = re.sub(r"[ .-]", "", text).upper()
    if not re.fullmatch(r"(?:[0-9]{8}|[XYZ][0-9]{7})[A-Z]", plain):
        return False
    return DNI_LETTERS[int(plain[:-1].translate(str.maketrans("XYZ", "012"))) % 23] == plain[-1]


def is_codice_fiscale(text: str) -> bool:
    """An Italian tax code: 16 signs, the last checks the others (decree of 23 December 1976).

    >>> is_codice_fiscale("RSSMRA85T10A562S"), is_codice_fiscale("RSSMRA85T10A562T")
    (True, False)
    """
    plain = text.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]", plain):
        return False
    even = sum(int(sign, 36) - (0 if sign.isdigit() else 10) for sign in plain[1:15:2])
    return chr(65 + (even + sum(FISCAL_ODD[sign] for sign in plain[0:15:2])) % 26) == plain[15]


def is_pesel(text: str) -> bool:
    """A Polish PESEL: 11 digits that begin with a date, weighted sum with the check digit divisible by 10.

    >>> is_pesel("44051401359"), is_pesel("44051401358")
    (True, False)
    """
    if not re.fullmatch(r"[0-9]{2}[02468][0-9]|[0-9]{2}[13579][0-2]", text[:4]) or not re.fullmatch(r"[0-9]{11}", text):
        return False
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
    real_day = 1 <= int(text[4:6]) <= 31 and int(text[2:4]) % 20 in range(1, 13)
    return real_day and sum(int(digit) * weight for digit, weight in zip(text, weights, strict=True)) % 10 == 0


def is_ahv(text: str) -> bool:
    """A Swiss AHV number: 756 and ten digits, the last an EAN-13 check digit.

    >>> is_ahv("756.9217.0769.85"), is_ahv("756.9217.0769.84")
    (True, False)
    """
    digits = text.replace(".", "").replace(" ", "")
    if not re.fullmatch(r"756[0-9]{10}", digits):
        return False
    return (sum(int(digit) for digit in digits[::2]) + 3 * sum(int(digit) for digit in digits[1::2])) % 10 == 0


def is_cpf(text: str) -> bool:
    """A Brazilian CPF: eleven digits, the last two check the others.

    >>> is_cpf("529.982.247-25"), is_cpf("529.982.247-26")
    (True, False)
    """
    digits = re.sub(r"[.-]", "", text)
    if not re.fullmatch(r"[0-9]{11}", digits) or len(set(digits)) == 1:
        return False
    return all(
        sum(int(digit) * (length + 1 - at) for at, digit in enumerate(digits[:length])) * 10 % 11 % 10
        == int(digits[length])
        for length in (9, 10)
    )
