"""Listings: results, facets, histogram, pager, empty states."""
