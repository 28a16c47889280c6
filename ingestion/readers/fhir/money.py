"""Money of a claim: what each adjudication means, and on which line each amount stands.

One adjudication is one amount, however many codings it has. What the claim states as a whole wins
over what its lines state; an amount is placed so that the lines of a claim add up to it, once.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ingestion.readers.fhir.codings import codes
from ingestion.readers.fhir.elements import Element, element, elements, number, short, text
from ingestion.readers.fhir.problems import Unfit

Amounts = dict[str, Decimal]
COLUMNS = (
    "charge_amount",
    "allowed_amount",
    "paid_amount",
    "coinsurance_amount",
    "copayment_amount",
    "deductible_amount",
)
# What a category of the R4 and CARIN code systems means here; '' = none of our columns.
CATEGORIES = {
    "submitted": "charge_amount",
    "drugcost": "drug_cost",
    "eligible": "allowed_amount",
    "allowed": "allowed_amount",
    "benefit": "benefit",
    "payment": "benefit",
    "paymentamount": "benefit",
    "paidtoprovider": "to_provider",
    "paidtopatient": "to_patient",
    "coinsurance": "coinsurance_amount",
    "coins": "coinsurance_amount",
    "copay": "copayment_amount",
    "deductible": "deductible_amount",
}
# CMS variables name the amount more closely than the category beside them, which may even be
# wrong: a rate, a price and the payment itself are all sent as 'submitted'.
CMS_VARIABLES = {
    "line_sbmtd_chrg_amt": "charge_amount",
    "clm_line_sbmt_chrg_amt": "charge_amount",
    "rev_cntr_tot_chrg_amt": "charge_amount",
    "rev_cntr_rate_amt": "",
    "clm_line_instnl_rate_amt": "",
    "line_dme_prchs_price_amt": "",
    "tot_rx_cst_amt": "drug_cost",
    "line_alowd_chrg_amt": "allowed_amount",
    "clm_line_alowd_chrg_amt": "allowed_amount",
    "line_prmry_alowd_chrg_amt": "",
    "line_nch_pmt_amt": "benefit",
    "rev_cntr_pmt_amt_amt": "benefit",
    "cvrd_d_plan_pd_amt": "benefit",
    "line_prvdr_pmt_amt": "to_provider",
    "rev_cntr_prvdr_pmt_amt": "to_provider",
    "line_bene_pmt_amt": "to_patient",
    "rev_cntr_bene_pmt_amt": "to_patient",
    "clm_mdcr_prfnl_prmry_pyr_amt": "",
    "line_coinsrnc_amt": "coinsurance_amount",
    "rev_cntr_coinsrnc_wge_adjstd_c": "coinsurance_amount",
    "clm_line_instnl_adjstd_amt": "coinsurance_amount",
    # what the coinsurance would be if the provider had lowered it
    "rev_cntr_rdcd_coinsrnc_amt": "",
    "clm_line_instnl_rdcd_amt": "",
    "line_bene_ptb_ddctbl_amt": "deductible_amount",
    # what a drug cost below and above the limit of Part D, sent as 'coinsurance'
    "gdc_blw_oopt_amt": "",
    "gdc_abv_oopt_amt": "",
}
# Parts that are stated one by one (cash and blood deductible) and make one amount together.
ADDED = frozenset({"deductible_amount", "copayment_amount"})


def money(parent: Element, name: str, field: str, currencies: set[str]) -> Decimal | None:
    """An amount and its currency, None if there is no amount. Raises Unfit Q-NUM."""
    held = element(parent, name)
    amount = number(held, "value", field)
    if amount is not None and (currency := text(held, "currency")):
        currencies.add(currency)
    return amount


def amounts(adjudications: Iterable[Element], currencies: set[str]) -> Amounts:
    """Our columns of a list of adjudications or totals."""
    found: Amounts = {}
    for one in adjudications:
        meaning = _meaning([short(code) for code in codes(element(one, "category"))])
        if not meaning:
            continue
        amount = money(one, "amount", "paid_amount", currencies)
        if amount is None:
            continue
        if meaning in ADDED:
            found[meaning] = found.get(meaning, Decimal(0)) + amount
        else:
            found.setdefault(meaning, amount)
    return _columns(found)


def _meaning(names: list[str]) -> str:
    for name in names:
        if name in CMS_VARIABLES:
            return CMS_VARIABLES[name]
    return next((CATEGORIES[name] for name in names if name in CATEGORIES), "")


def _columns(found: Amounts) -> Amounts:
    """Paid is the benefit, else what went to provider and patient; a drug's cost is its price."""
    paid = found.get("benefit", _sum(found, "to_provider", "to_patient"))
    cost = found.get("drug_cost")
    stated = {
        "charge_amount": found.get("charge_amount", cost),
        "allowed_amount": found.get("allowed_amount", cost),
        "paid_amount": paid,
    }
    others = {name: found.get(name) for name in COLUMNS[3:]}
    return {name: value for name, value in (stated | others).items() if value is not None}


def _sum(found: Amounts, *names: str) -> Decimal | None:
    parts = [found[name] for name in names if name in found]
    return sum(parts, Decimal(0)) if parts else None


def place(whole: Amounts, lines: list[Amounts]) -> list[Amounts]:
    """The lines' amounts, changed so that each column adds up to what the claim states for it.

    What the lines leave unstated goes to the first line that states nothing. Where every line
    states an amount and they still add up to something else, the claim's amount stands alone on
    the first line. A column the claim does not state stays as the lines have it.
    """
    placed = [dict(line) for line in lines]
    for column, total in whole.items():
        stated = sum((line.get(column, Decimal(0)) for line in lines), Decimal(0))
        empty = next((at for at, line in enumerate(lines) if column not in line), None)
        rest = total - stated
        if not rest:
            if stated == 0 and all(column not in line for line in lines):
                placed[0][column] = total
        elif empty is not None and rest > 0 and stated >= 0:
            placed[empty][column] = rest
        else:
            for line in placed:
                line.pop(column, None)
            placed[0][column] = total
    return placed


def header(resource: Element, currencies: set[str]) -> Amounts:
    """What the claim states as a whole: payment, totals, adjudications of the claim itself."""
    totals = resource.get("total")
    if type(totals) is dict:  # a Claim has one total: what is charged
        charge = money(resource, "total", "charge_amount", currencies)
        return {} if charge is None else {"charge_amount": charge}
    stated = amounts(elements(resource, "adjudication"), currencies)
    stated |= amounts(elements(resource, "total"), currencies)
    paid = money(element(resource, "payment"), "amount", "paid_amount", currencies)
    return stated if paid is None else stated | {"paid_amount": paid}


def of_line(item: Element, currencies: set[str]) -> Amounts:
    """What one line states; its net price is the charge where no adjudication says it."""
    stated = amounts(elements(item, "adjudication"), currencies)
    net = money(item, "net", "charge_amount", currencies)
    if net is not None:
        stated.setdefault("charge_amount", net)
    return stated


def one_currency(currencies: set[str]) -> str:
    """Raises Unfit Q-CODE where a claim mixes currencies."""
    if len(currencies) > 1:
        raise Unfit("Q-CODE", "currency_code")
    return next(iter(currencies), "")
