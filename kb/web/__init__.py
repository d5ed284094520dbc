"""HTTP in, pages and JSON out. It decides nothing about rights and searches nothing itself."""
