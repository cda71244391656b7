"""The source's worked examples (spec E): arithmetic reproduced, performance measured."""
