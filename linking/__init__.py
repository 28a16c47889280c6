"""Links consultations that came without the payor's member id to the persons of its members.

Identifiers are read from `vault` only and never leave this package. Rules: docs/linking.md.
"""
