"""Tests of the pages in a real browser (Debian's chromium, driven by playwright), against real processes."""
