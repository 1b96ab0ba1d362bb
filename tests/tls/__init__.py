"""Tests of system/tls, and the certificates that they and others need.

authority.py   makes certificates, as PEM files
"""
