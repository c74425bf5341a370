"""The instruments: each module defines one INSTRUMENT, and is found by ``list_instruments``."""
