"""The exports, feeds, pages and API answers of Diigo, and CSV in the form of its exports."""
