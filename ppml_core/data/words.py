"""Words that headers use, in English, German, French and Spanish, and what a column under them means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from ppml_core.data.schema import Role


@dataclass(frozen=True)
class Meaning:
    """What a header speaks of: `noun` as a sentence says it, the role that follows, whether numbers are codes."""

    noun: str
    role: Role
    codes: bool
    words: frozenset[str]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _meaning(noun: str, role: Role, words: str, codes: bool = False) -> Meaning:
    return Meaning(noun, role, codes, _words(words))


MEANINGS: Mapping[str, Meaning] = {
    "income": _meaning(
        "income or wealth",
        "sensitive",
        "income incomes salary salaryclass salaries wage wages earnings einkommen gehalt lohn revenu "
        "revenus salaire ingreso ingresos salario sueldo renta debt debts schulden dette deuda "
        "creditscore networth",
    ),
    "health": _meaning(
        "health",
        "sensitive",
        "diagnosis diagnoses diagnose diagnosen diagnostic diagnostico disease diseases illness icd icd9 "
        "icd10 krankheit erkrankung maladie enfermedad hiv hivstatus aids medication medikament "
        "medicament medicacion mentalhealth disability behinderung handicap discapacidad genotype "
        "bloodtype blutgruppe pregnancy pregnant",
    ),
    "belief": _meaning(
        "belief, orientation or past offences",
        "sensitive",
        "religion religious konfession politics political politicalparty sexualorientation sexuality "
        "unionmember conviction convictions offence offense crime criminalrecord vorstrafe vorstrafen "
        "religionszugehorigkeit",
    ),
    "birth": _meaning(
        "the day or year of birth",
        "quasi_identifier",
        "birth birthdate birthday birthyear dateofbirth dob yob yearofbirth born geburtsdatum geburtstag "
        "geburtsjahr gebdat naissance datenaissance datedenaissance anneenaissance anneedenaissance "
        "nacimiento fechanacimiento fechadenacimiento anodenacimiento",
    ),
    "age": _meaning(
        "age", "quasi_identifier", "age ages ageyears agegroup agerange alter altersgruppe lebensalter edad grupodeedad"
    ),
    "sex": _meaning("sex or gender", "quasi_identifier", "sex gender geschlecht sexe genre sexo genero", codes=True),
    "race": _meaning(
        "race or origin",
        "quasi_identifier",
        "race ethnicity ethnic ethnicgroup hispanic hispanicorigin raza etnia ethnie hautfarbe herkunft origine",
        codes=True,
    ),
    "zip": _meaning(
        "a postal code",
        "quasi_identifier",
        "zip zipcode zip5 zip3 postcode postalcode postal plz postleitzahl codepostal codigopostal cp",
        codes=True,
    ),
    "country": _meaning(
        "a country or nationality",
        "quasi_identifier",
        "country countries nationality nativecountry citizenship countryofbirth birthcountry birthplace "
        "placeofbirth land staatsangehorigkeit staatsangehoerigkeit nationalitat nationalitaet "
        "geburtsland geburtsort pays nationalite lieudenaissance lieunaissance paysdenaissance pais "
        "nacionalidad paisdenacimiento lugardenacimiento",
        codes=True,
    ),
    "place": _meaning(
        "a place",
        "quasi_identifier",
        "city town village municipality county region province district stadt ort wohnort gemeinde "
        "bundesland landkreis ville commune departement ciudad localidad municipio provincia comunidad "
        "stateofresidence homestate",
        codes=True,
    ),
    "marital": _meaning(
        "marital status",
        "quasi_identifier",
        "marital maritalstatus maritalstat maritl marstat civilstatus familienstand etatcivil "
        "situationmatrimoniale situationfamiliale estadocivil",
        codes=True,
    ),
    "education": _meaning(
        "education",
        "quasi_identifier",
        "education educationlevel edu educ degree schooling bildung ausbildung bildungsabschluss "
        "schulabschluss etudes diplome niveaudetudes educacion estudios niveleducativo niveldeestudios",
    ),
    "occupation": _meaning(
        "occupation",
        "quasi_identifier",
        "occupation job jobtitle jobclass profession workclass classofworker employer beruf tatigkeit "
        "taetigkeit arbeitgeber metier employeur profesion ocupacion empleador",
        codes=True,
    ),
    "language": _meaning(
        "language", "quasi_identifier", "language mothertongue muttersprache langue idioma lenguamaterna", codes=True
    ),
    "direct": _meaning(
        "a name, an address or a number that belongs to one person",
        "identifier",
        "name names fullname firstname lastname surname forename givenname familyname middlename username "
        "patientname vorname nachname familienname nom prenom nomdefamille nombre apellido apellidos "
        "email mail emailaddress courriel correo correoelectronico phone phonenumber telephone "
        "telephonenumber mobile mobilephone fax faxnumber tel telefon telefonnummer handynummer telefono "
        "movil address street streetaddress anschrift adresse strasse rue direccion calle ssn "
        "socialsecuritynumber passport passportnumber ausweisnummer dni nif nir nie svnr iban "
        "sozialversicherungsnummer versichertennummer accountnumber kontonummer creditcard cardnumber "
        "licenseplate kennzeichen ip ipaddress macaddress",
        codes=True,
    ),
    "number": _meaning(
        "a record number",
        "identifier",
        "id ids identifier uid uuid guid pid pidnum mrn patientid patientno patientnr patientnumber patnr "
        "customerid customernumber kundennummer kundennr userid personid personnummer caseid casenumber "
        "fallnummer recordid recordno recordnumber medicalrecordnumber participantid subjectid studyid "
        "employeeid personalnummer matrikelnummer studentid identifiant numeropatient numerodossier "
        "identificador expediente historiaclinica rowid serialno seqn",
        codes=True,
    ),
}
ORDER = tuple(MEANINGS)
KEY_OF = {word: key for key in reversed(ORDER) for word in MEANINGS[key].words}
MOST_TOKENS = 40
MOST_RUN = 8
WHOLE_ONLY = {"land", "ort", "cp", "nom", "born", "tel", "ip", "nie", "nir", "pid", "mail", "rue", "birth"}
TARGETS = _words(
    "target label class y outcome response result ziel zielvariable zielgrosse klasse ergebnis cible "
    "classe etiquette resultat objetivo clase etiqueta resultado"
)
LIKELY_TARGETS = _words(
    "income salary salaryclass wage einkommen revenu ingresos risk creditrisk default churn survived "
    "survival readmitted readmission diagnosis disease death died mortality cens attrition fraud approved"
)
SPLITS = _words("split set partition fold part")
OTHER_HEADERS = _words(
    "state status date year month day time hours weight height score amount price value count total type "
    "category code number text note notes comment duration purpose split relationship children household"
)
SEXES = _words("m f w d x h male female man woman mann frau männlich weiblich homme femme hombre mujer")
MARITAL = _words("married single divorced widowed separated never-married ledig verheiratet geschieden verwitwet")
POSITIVES = _words("1 1.0 yes true y t positive pos ja oui si sí + bad >50k >50k. 50000+.")


def tokens(header: str) -> list[str]:
    """Words of a header in small letters without accents.

    >>> tokens("BirthDate"), tokens("marital-status"), tokens("Prénom")
    (['birth', 'date'], ['marital', 'status'], ['prenom'])
    """
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", header.replace("ß", "ss"))
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", parted) if not unicodedata.combining(mark))
    return re.findall(r"[^\W_]+", bare.lower())


def meaning(header: str) -> str | None:
    """Key of MEANINGS that a header speaks of; the longest run of its words decides, then the order of the table.

    Only the first MOST_TOKENS words are looked at, and runs of at most MOST_RUN.

    >>> meaning("Geburtsdatum"), meaning("patient_name"), meaning("shoe size")
    ('birth', 'direct', None)
    """
    words = tokens(header)[:MOST_TOKENS]
    for length in range(min(len(words), MOST_RUN), 0, -1):
        runs = {"".join(words[at : at + length]) for at in range(len(words) - length + 1)}
        if length < len(words):
            runs -= WHOLE_ONLY
        found = runs & KEY_OF.keys()
        if found:
            return min((KEY_OF[run] for run in found), key=ORDER.index)
    return None


def is_known(header: str) -> bool:
    """Whether headers use this word, so that a row that has it is a header."""
    words = tokens(header)
    whole = "".join(words)
    if not words or len(words) > 4:
        return False
    return whole in TARGETS | LIKELY_TARGETS | OTHER_HEADERS or meaning(header) is not None
