"""Definitions of the networks whose workloads ``scripts/make_networks.py`` writes."""
