"""The currencies there are, with their digits after the point: ISO 4217, list one, without metals and funds."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

TWO = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC "
    "CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD "
    "KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO "
    "NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL "
    "THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)
NONE, THREE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF", "BHD IQD JOD KWD LYD OMR TND"
DIGITS = {code: digits for codes, digits in ((TWO, 2), (NONE, 0), (THREE, 3)) for code in codes.split()}


def demand_currency(code: str) -> None:
    """Refuse a code that names no currency, for nobody knows the digits of its amounts."""
    if code not in DIGITS:
        text = _("“%(code)s” is no currency. Write its three capital letters, such as EUR.")
        raise ValidationError(text, code="no_currency", params={"code": code})
