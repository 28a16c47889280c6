"""835: claims, lines and adjustments of a remittance, and what the payor holds with a provider.

Provider-level adjustments (PLB) are records of their own. They are never spread over claims.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from ingestion.readers.x12.guides import Kind
from ingestion.readers.x12.output import Mapper, part
from ingestion.readers.x12.segments import Delimiters
from ingestion.readers.x12.values import ZERO, Bad, amount, at, day, required, sequence
from ingestion.records import CanonicalRow, Record, Rejected, Warned

CLAIM, LINE = "remittance_claim", "remittance_line"
ADJUSTMENT, PROVIDER = "remittance_adjustment", "provider_adjustment"
DENIED, REVERSAL, PRICED_ONLY = "4", "22", "25"
FREQUENCIES = {"7": "replacement", "8": "void"}
# Patient responsibility by claim adjustment reason code.
SHARES = {"1": "deductible_amount", "2": "coinsurance_amount", "3": "copayment_amount"}
REVENUE, DRUG = "NU", "N4"
MODIFIERS = tuple(f"hcpcs_modifier_{number}" for number in range(1, 5))


@dataclass
class _Adjusted:
    """A claim or a line with its adjustments: (group, reason, amount, quantity)."""

    columns: dict[str, str]
    charge: Decimal
    paid: Decimal
    adjustments: list[tuple[str, str, str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def adjusted(self) -> Decimal:
        return sum((Decimal(one[2]) for one in self.adjustments), ZERO)

    def shares(self) -> dict[str, str]:
        """Deductible, coinsurance and copayment among the adjustments."""
        sums: dict[str, Decimal] = {}
        for group, reason, value, _quantity in self.adjustments:
            if group == "PR" and reason in SHARES:
                name = SHARES[reason]
                sums[name] = sums.get(name, ZERO) + Decimal(value)
        return {name: f"{value:f}" for name, value in sums.items()}


class RemittanceMapper(Mapper):
    """State of one 835 set: its header, the open claim and the open line."""

    def __init__(self, kind: Kind, delimiters: Delimiters) -> None:
        super().__init__(kind, delimiters)
        self.handlers = {
            "BPR": self._bpr, "TRN": self._trn, "CUR": self._cur, "N1": self._n1,
            "REF": self._ref, "DTM": self._dtm, "CLP": self._clp, "CAS": self._cas,
            "NM1": self._nm1, "AMT": self._amt, "SVC": self._svc, "LQ": self._lq,
            "MIA": self._mia, "MOA": self._moa, "PLB": self._plb,
        }  # fmt: skip
        self._payment: dict[str, str] = {"currency_code": "USD"}
        self._payee = False
        self._claim: _Adjusted | None = None
        self._lines: list[_Adjusted] = []
        self._people: dict[str, str] = {}
        self._reversed: set[str] = set()

    # header

    def _bpr(self, _: int, elements: list[str]) -> None:
        self._payment["payment_method_code"] = at(elements, 4)
        self._paid_on(at(elements, 16))

    def _paid_on(self, text: str) -> None:
        """A date in the header that is none says nothing against the claims."""
        try:
            when = day(text, "paid_date")
        except Bad:
            self.items.append(Warned("W-DATE"))
            return
        if when and "paid_date" not in self._payment:
            self._payment["paid_date"] = when
            self._payment["sender_sequence"] = sequence(text, "")

    def _trn(self, _: int, elements: list[str]) -> None:
        if self._claim is None:
            self._payment["trace_number"] = at(elements, 2)

    def _cur(self, _: int, elements: list[str]) -> None:
        if at(elements, 2):
            self._payment["currency_code"] = at(elements, 2)

    def _n1(self, _: int, elements: list[str]) -> None:
        role, name = at(elements, 1), at(elements, 2)
        self._payee = role == "PE"
        if role == "PR":
            self._payment["payer"] = name
        elif role == "PE":
            column = {"XX": "payee_npi", "FI": "payee_tin"}.get(at(elements, 3))
            self._payment["payee"] = name
            if column:
                self._payment[column] = at(elements, 4)

    def _ref(self, _: int, elements: list[str]) -> None:
        qualifier, text = at(elements, 1), at(elements, 2)
        if self._claim is None:
            if qualifier == "TJ" and self._payee:
                self._payment.setdefault("payee_tin", text)
        elif self._lines and qualifier == "6R":
            self._lines[-1].columns["line_control_number"] = text
        elif not self._lines and qualifier == "F8":
            self._claim.columns["original_claim_id"] = text

    def _dtm(self, _: int, elements: list[str]) -> None:
        what, text = at(elements, 1), at(elements, 2)
        if self._claim is None:
            if what == "405":
                self._paid_on(text)
        elif self._lines:
            self._line_day(self._lines[-1].columns, what, text)
        elif what in ("232", "233"):
            name = "claim_start_date" if what == "232" else "claim_end_date"
            self._claim.columns[name] = day(text, name)

    @staticmethod
    def _line_day(columns: dict[str, str], what: str, text: str) -> None:
        if what in ("472", "150"):
            columns["claim_line_start_date"] = day(text, "claim_line_start_date")
        if what in ("472", "151"):
            columns["claim_line_end_date"] = day(text, "claim_line_end_date")

    # claim

    def _clp(self, number: int, elements: list[str]) -> None:
        self._begin(number)
        self._claim, self._lines, self._people = None, [], {}
        status, control = at(elements, 2), at(elements, 1)
        if status == PRICED_ONLY:
            raise Bad("X-PRED", "claim_status_code")
        charge = amount(required(at(elements, 3), "charge_amount"), "charge_amount")
        paid = amount(required(at(elements, 4), "paid_amount"), "paid_amount")
        columns = {
            "claim_id": required(at(elements, 7) or control, "claim_id"),
            "patient_control_number": control,
            "claim_status_code": required(status, "claim_status_code"),
            "claim_status": "denied" if status == DENIED else "paid",
            "adjustment_type": self._adjustment_type(status, control, at(elements, 9)),
            "charge_amount": charge,
            "paid_amount": paid,
            "patient_responsibility_amount": amount(
                at(elements, 5), "patient_responsibility_amount"
            ),
            "claim_filing_code": at(elements, 6),
            "facility_type_code": at(elements, 8),
            "claim_frequency_code": at(elements, 9),
            "drg_code": at(elements, 11),
        }
        self._claim = _Adjusted(columns, Decimal(charge), Decimal(paid))

    def _adjustment_type(self, status: str, control: str, frequency: str) -> str:
        """A claim that follows its own reversal in the same remittance corrects it."""
        if status == REVERSAL:
            self._reversed.add(control)
            return "reversal"
        if control in self._reversed:
            return "replacement"
        return FREQUENCIES.get(frequency, "original")

    def _cas(self, _: int, elements: list[str]) -> None:
        if self._claim is None:
            return
        target = self._lines[-1] if self._lines else self._claim
        group = required(at(elements, 1), "group_code")
        for index in range(2, len(elements), 3):
            reason, value = at(elements, index), at(elements, index + 1)
            if not (reason or value) or not self._hold():
                continue
            required(reason, "reason_code")
            value = amount(required(value, "adjustment_amount"), "adjustment_amount")
            quantity = amount(at(elements, index + 2), "adjustment_quantity")
            target.adjustments.append((group, reason, value, quantity))

    def _nm1(self, _: int, elements: list[str]) -> None:
        role, text = at(elements, 1), at(elements, 9)
        if self._claim is None or self._lines or not text:
            return
        if role == "82" and at(elements, 8) == "XX":
            self._claim.columns["rendering_npi"] = text
        elif role in ("QC", "IL", "74"):
            self._people[role] = text

    def _amt(self, _: int, elements: list[str]) -> None:
        """Only a line says what is allowed: the claim's AU is what of its charge is covered."""
        if self._lines and at(elements, 1) == "B6":
            line = self._lines[-1]
            line.columns["allowed_amount"] = amount(at(elements, 2), "allowed_amount")

    def _lq(self, _: int, elements: list[str]) -> None:
        if self._lines and at(elements, 1) == "HE" and len(self._lines[-1].remarks) < 20:
            self._lines[-1].remarks.append(at(elements, 2))

    def _mia(self, _: int, elements: list[str]) -> None:
        self._remark((5, 20, 21, 22, 23), elements)

    def _moa(self, _: int, elements: list[str]) -> None:
        self._remark((3, 4, 5, 6, 7), elements)

    def _remark(self, places: tuple[int, ...], elements: list[str]) -> None:
        if self._claim:
            found = [at(elements, place) for place in places if at(elements, place)]
            self._claim.remarks = self._claim.remarks or found

    # line

    def _svc(self, _: int, elements: list[str]) -> None:
        if self._claim is None or not self._hold():
            return
        charge = amount(required(at(elements, 2), "charge_amount"), "charge_amount")
        paid = amount(at(elements, 3), "paid_amount") or "0"
        columns = self._service(self.parts(at(elements, 1)))
        columns.setdefault("revenue_center_code", at(elements, 4))
        columns["service_unit_quantity"] = amount(at(elements, 5), "service_unit_quantity")
        columns["submitted_code"] = part(self.parts(at(elements, 6)), 1)
        columns["submitted_unit_quantity"] = amount(at(elements, 7), "submitted_unit_quantity")
        columns["charge_amount"], columns["paid_amount"] = charge, paid
        self._lines.append(_Adjusted(columns, Decimal(charge), Decimal(paid)))

    @staticmethod
    def _service(parts: list[str]) -> dict[str, str]:
        qualifier, code = part(parts, 0), part(parts, 1)
        column = {REVENUE: "revenue_center_code", DRUG: "ndc_code"}.get(qualifier, "hcpcs_code")
        columns = dict(zip(MODIFIERS, parts[2:6], strict=False))
        columns["service_code_qualifier"], columns[column] = qualifier, code
        return columns

    # rows

    def _rows(self) -> list[CanonicalRow]:
        claim, lines = self._claim, self._lines
        if claim is None:
            raise Bad("X-SEG", "claim_id")
        self._balance(claim, lines)
        person = self._people.get("74") or self._people.get("QC") or self._people.get("IL", "")
        key = {
            "claim_id": claim.columns["claim_id"],
            "patient_control_number": claim.columns["patient_control_number"],
            "adjustment_type": claim.columns["adjustment_type"],
            "person_id": person,
            "member_id": person,
            "paid_date": self._payment.get("paid_date", ""),
            "currency_code": self._payment["currency_code"],
            "sender_sequence": self._payment.get("sender_sequence", ""),
        }
        rows: list[CanonicalRow] = [(CLAIM, self._claim_row(claim, lines, key))]
        for number, line in enumerate(lines, 1):
            line.columns["remittance_line_number"] = str(number)
            rows.append((LINE, {**key, **line.columns, **line.shares(), **_remarks(line)}))
        rows += self._adjustment_rows(key, claim, lines)
        return rows

    @staticmethod
    def _balance(claim: _Adjusted, lines: list[_Adjusted]) -> None:
        """SNIP 3 of lines and of the claim. Raises Bad X-BAL3."""
        if any(line.charge - line.adjusted != line.paid for line in lines):
            raise Bad("X-BAL3", "paid_amount")
        adjusted = sum((line.adjusted for line in lines), claim.adjusted)
        if claim.charge - adjusted != claim.paid:
            raise Bad("X-BAL3", "paid_amount")

    def _claim_row(
        self, claim: _Adjusted, lines: list[_Adjusted], key: dict[str, str]
    ) -> dict[str, str]:
        whole = _Adjusted({}, claim.charge, claim.paid, list(claim.adjustments))
        for line in lines:
            whole.adjustments += line.adjustments
        starts = [one for line in lines if (one := line.columns.get("claim_line_start_date"))]
        ends = [one for line in lines if (one := line.columns.get("claim_line_end_date"))]
        days = {
            "claim_start_date": min(starts, default=""),
            "claim_end_date": max(ends, default="") or max(starts, default=""),
        }
        shares, remarks, allowed = whole.shares(), _remarks(claim), _allowed(claim, lines)
        return {**self._payment, **key, **days, **claim.columns, **allowed, **shares, **remarks}

    @staticmethod
    def _adjustment_rows(
        key: dict[str, str], claim: _Adjusted, lines: list[_Adjusted]
    ) -> list[CanonicalRow]:
        rows: list[CanonicalRow] = []
        for number, target in enumerate((claim, *lines)):
            for group, reason, value, quantity in target.adjustments:
                row = {
                    "claim_id": key["claim_id"],
                    "adjustment_type": key["adjustment_type"],
                    "currency_code": key["currency_code"],
                    "remittance_line_number": str(number) if number else "",
                    "adjustment_number": str(len(rows) + 1),
                    "group_code": group,
                    "reason_code": reason,
                    "adjustment_amount": value,
                    "adjustment_quantity": quantity,
                }
                rows.append((ADJUSTMENT, row))
        return rows

    # provider level

    def _plb(self, number: int, elements: list[str]) -> None:
        self._end()
        try:
            self.items.append(Record(number, self._provider_rows(elements)))
        except Bad as bad:
            self.items.append(Rejected(number, bad.code, bad.field))

    def _provider_rows(self, elements: list[str]) -> list[CanonicalRow]:
        provider = required(at(elements, 1), "provider_id")
        period = day(at(elements, 2), "fiscal_period_end_date")
        base = {**self._payment, "provider_id": provider, "fiscal_period_end_date": period}
        rows: list[CanonicalRow] = []
        for index in range(3, len(elements), 2):
            reason = self.parts(at(elements, index))
            value = at(elements, index + 1)
            if not (part(reason, 0) or value):
                continue
            row = {
                **base,
                "adjustment_number": str(len(rows) + 1),
                "adjustment_reason_code": required(part(reason, 0), "adjustment_reason_code"),
                "reference_id": part(reason, 1),
                "adjustment_amount": amount(
                    required(value, "adjustment_amount"), "adjustment_amount"
                ),
            }
            rows.append((PROVIDER, row))
        if not rows:
            raise Bad("X-SEG", "adjustment_amount")
        return rows


def _remarks(target: _Adjusted) -> dict[str, str]:
    return {"remark_codes": " ".join(target.remarks)} if target.remarks else {}


def _allowed(claim: _Adjusted, lines: list[_Adjusted]) -> dict[str, str]:
    """The sum of the lines, where each states it and no CAS stands before them; else nothing."""
    stated = [line.columns["allowed_amount"] for line in lines if "allowed_amount" in line.columns]
    if not lines or len(stated) < len(lines) or "" in stated or claim.adjustments:
        return {}
    return {"allowed_amount": f"{sum((Decimal(one) for one in stated), ZERO):f}"}
