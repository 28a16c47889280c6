"""FHIR R4 resources, one a line, as canonical rows. `ingestion.readers.fhir_r4` is the way in."""
