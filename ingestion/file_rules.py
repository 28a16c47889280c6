"""What the codes on whole deliveries mean: (action, rule broken, expected, what to fix)."""

from __future__ import annotations

FILE_RULES: dict[str, tuple[str, str, str, str]] = {
    "H-RESEND": ("held", "second version of a file that was delivered for this date",
                 "one content for each file name and date",
                 "say whether it replaces the first version or adds to it"),
    "H-UNIT": ("held", "typical amount is fifty times that of the last eight weeks, or a fiftieth",
               "amounts in the currency's main unit",
               "check the unit of amounts (cents for whole units) and send again or confirm"),
    "H-SHARE": ("held", "too large a share of the rows is wrong", "a file of the contract's layout",
                "correct the rows and send the file again"),
    "H-SCHEMA": ("held", "header names a column that the contract does not have",
                 "names of the feed's columns",
                 "announce the new column, or leave it out"),
    "W-SEQ": ("accepted", "numbers in file names leave a gap or go back",
              "numbers that grow by one", "send the missing files, or say that there are none"),
    "I-WAIT": ("waiting", "upload is not finished", "a file that no longer grows, or its marker",
               "finish the upload"),
    "E-TENANT": ("refused", "file is of another payor than the account it was delivered to",
                 "the payor's own names in the file",
                 "deliver it to the right account; tell both payors if it left its owner"),
    "E-SIGN": ("refused", "signature is missing, broken or not by the registered key",
               "a detached OpenPGP signature beside the file, made with the registered key",
               "sign the file as it is delivered, with the registered key"),
    "E-GONE": ("refused", "file vanished between its receipt and its load", "an immutable file",
               "deliver the file again"),
    "M-DROP": ("held", "full file would end or leave out too many members",
               "at most 30 % fewer covered and 10 % fewer named members than the last full file",
               "confirm the change, or send the whole file"),
    "M-RULE": ("held", "full file, and no rule says what absence means",
               "a declared meaning of absent members", "agree what a missing member means"),
    "M-MODE": ("held", "full file where changes are agreed, or the reverse",
               "the agreed kind of eligibility file",
               "send the agreed kind, or change the contract"),
    "Q-CURR": ("quarantined", "amount is in another currency than the payor's",
               "the payor's currency, or no currency", "send amounts in the agreed currency"),
    "S-WITHDRAWN": ("withdrawn", "a steward took it out", "rows that figures may use",
                    "send a corrected version if there is one"),
}  # fmt: skip
# Codes by which a file can be held whose usual action is another.
ALSO_HELD = ("W-NOROWS", "X-DUPCTL", "F-ERROR", "F-PROFILE")
HOLDS = frozenset(code for code, rule in FILE_RULES.items() if rule[0] == "held") | {*ALSO_HELD}
