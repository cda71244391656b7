"""Iron condors as a book: their rules, their program, what became of each of them."""

from hedgerow.shortvol.condor.book import Book, book_of
from hedgerow.shortvol.condor.journal import CondorTrade, Figures, figures, journal
from hedgerow.shortvol.condor.program import program
from hedgerow.shortvol.condor.rules import CondorRules

__all__ = [
    "Book",
    "CondorRules",
    "CondorTrade",
    "Figures",
    "book_of",
    "figures",
    "journal",
    "program",
]
