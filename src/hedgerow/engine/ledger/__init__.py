"""The event ledger: what a run saw, decided, ordered, filled and paid, chained event by event.

:mod:`.events` are the things that happen, :mod:`.coding` their bytes, :mod:`.chain` the hashes,
:mod:`.account` what they add up to.  :mod:`.memory`, :mod:`.lines` and :mod:`.sql` keep them,
:mod:`.opening` finds the right one; :mod:`.replay` continues a run or checks it.
"""
